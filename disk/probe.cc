#include "disk/probe.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

#include "base/sha256.h"
#include "disk/probed_ranges.h"
#include "disk/superblock.h"

// linux/fs.h has it since 5.15.
#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64)
#endif

namespace joist::disk {
namespace {

struct ProbeDeleter {
  void operator()(blkid_struct_probe* probe) const { ::blkid_free_probe(probe); }
};
using BlkidProbe = std::unique_ptr<blkid_struct_probe, ProbeDeleter>;

// ---- what the kernel says of the descriptor

Result<void> read_geometry(int fd, ProbeResult& result) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail_errno(errno, "stat the device");
  if (S_ISREG(status.st_mode)) {
    result.size_bytes = static_cast<std::uint64_t>(status.st_size);
    result.logical_sector_bytes = 512;
    result.physical_sector_bytes = 512;
    return {};
  }
  int logical = 0;
  unsigned physical = 0;
  int read_only = 0;
  if (::ioctl(fd, BLKGETSIZE64, &result.size_bytes) != 0 || ::ioctl(fd, BLKSSZGET, &logical) != 0 ||
      ::ioctl(fd, BLKPBSZGET, &physical) != 0 || ::ioctl(fd, BLKROGET, &read_only) != 0) {
    return fail_errno(errno, "ask for size and sectors");
  }
  result.logical_sector_bytes = static_cast<std::uint32_t>(logical);
  result.physical_sector_bytes = physical;
  result.read_only = read_only != 0;
  result.diskseq = diskseq_of(fd);
  return {};
}

// ---- what libblkid finds

tl::unexpected<Error> unreadable(int error_number, const Region& region) {
  return fail(ErrorCode::Io, "read " + region.device + ": " +
                                 std::strerror(error_number == 0 ? EIO : error_number));
}

Result<BlkidProbe> open_region(int fd, const Region& region) {
  BlkidProbe probe(::blkid_new_probe());
  errno = 0;
  if (!probe ||
      ::blkid_probe_set_device(probe.get(), fd, static_cast<blkid_loff_t>(region.start_bytes),
                               static_cast<blkid_loff_t>(region.size_bytes)) != 0) {
    return unreadable(errno, region);
  }
  ::blkid_probe_enable_superblocks(probe.get(), 1);
  ::blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE |
                                                       BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_LABEL |
                                                       BLKID_SUBLKS_UUID | BLKID_SUBLKS_BADCSUM);
  ::blkid_probe_enable_partitions(probe.get(), 1);
  ::blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_FORCE_GPT | BLKID_PARTS_MAGIC);
  return probe;
}

std::string value_of(blkid_probe probe, const char* name) {
  const char* data = nullptr;
  std::size_t length = 0;
  if (::blkid_probe_lookup_value(probe, name, &data, &length) != 0) return {};
  return std::string(data, ::strnlen(data, length));
}

// Where the magic stands within the region, and how long it is.
struct Magic {
  std::uint64_t offset_bytes;
  std::size_t length_bytes;
};

std::optional<Magic> magic_of(blkid_probe probe, bool table) {
  const std::string text = value_of(probe, table ? "PTMAGIC_OFFSET" : "SBMAGIC_OFFSET");
  Magic magic{};
  if (text.empty() || ::blkid_probe_lookup_value(probe, table ? "PTMAGIC" : "SBMAGIC", nullptr,
                                                 &magic.length_bytes) != 0) {
    return std::nullopt;
  }
  std::from_chars(text.data(), text.data() + text.size(), magic.offset_bytes);
  return magic;
}

// Takes what the probe stands at, and hides its magic from the probe's buffers,
// so that the same prober looks for the next copy. Where hiding does not help
// the probe is left to go on by itself: a signature is never taken twice.
void take_signature(blkid_probe probe, const Region& region, std::vector<Signature>& signatures) {
  Signature signature;
  signature.type = value_of(probe, "TYPE");
  const bool table = signature.type.empty();
  if (table) signature.type = value_of(probe, "PTTYPE");
  if (signature.type.empty()) return;  // topology, or a chain without a result
  signature.usage = table ? "partition-table" : value_of(probe, "USAGE");
  signature.label = value_of(probe, "LABEL");
  signature.uuid = value_of(probe, table ? "PTUUID" : "UUID");
  signature.device = region.device;

  const auto magic = magic_of(probe, table);
  signature.offset_bytes = region.start_bytes + (magic ? magic->offset_bytes : 0);
  signature.length_bytes = magic ? static_cast<std::uint32_t>(magic->length_bytes) : 0;
  const bool again = std::ranges::any_of(signatures, [&signature](const Signature& other) {
    return other.type == signature.type && other.offset_bytes == signature.offset_bytes &&
           other.device == signature.device;
  });
  if (again) return;
  signatures.push_back(std::move(signature));
  if (magic && ::blkid_probe_hide_range(probe, magic->offset_bytes, magic->length_bytes) == 0) {
    ::blkid_probe_step_back(probe);
  }
}

Result<void> read_signatures(int fd, const Region& region, ProbeResult& result) {
  const auto probe = open_region(fd, region);
  if (!probe) return fail(probe.error(), "libblkid");
  for (;;) {
    if (result.signatures.size() >= kSignaturesMax) {
      result.truncated = true;
      return {};
    }
    errno = 0;
    const int found = ::blkid_do_probe(probe->get());
    if (found == 1) return {};
    if (found != 0) return unreadable(errno, region);
    take_signature(probe->get(), region, result.signatures);
  }
}

std::string partition_name(const std::string& disk, int number) {
  const bool digit = !disk.empty() && disk.back() >= '0' && disk.back() <= '9';
  return disk + (digit ? "p" : "") + std::to_string(number);
}

std::string type_of(blkid_partition partition) {
  if (const char* guid = ::blkid_partition_get_type_string(partition); guid != nullptr) {
    return guid;
  }
  char text[8] = "0x";
  const auto end = std::to_chars(text + 2, text + sizeof text,
                                 static_cast<unsigned>(::blkid_partition_get_type(partition)), 16);
  return std::string(text, end.ptr);
}

// Partitions of the table on the disk; those that hold others are not regions.
Result<std::vector<Region>> read_partitions(int fd, const Region& disk, ProbeResult& result) {
  std::vector<Region> regions;
  const auto probe = open_region(fd, disk);
  if (!probe) return fail(probe.error(), "libblkid");
  blkid_partlist list = ::blkid_probe_get_partitions(probe->get());
  if (list == nullptr) return regions;  // none; if it was an error, read_signatures() meets it too
  const int count = ::blkid_partlist_numof_partitions(list);
  for (int index = 0; index < count; ++index) {
    blkid_partition entry = ::blkid_partlist_get_partition(list, index);
    if (entry == nullptr) continue;
    if (result.partitions.size() >= kPartitionsMax) {
      result.truncated = true;
      break;
    }
    // libblkid counts in 512 bytes whatever the disk's sectors.
    const Partition partition{partition_name(disk.device, ::blkid_partition_get_partno(entry)),
                              static_cast<std::uint64_t>(::blkid_partition_get_start(entry)) * 512,
                              static_cast<std::uint64_t>(::blkid_partition_get_size(entry)) * 512,
                              type_of(entry)};
    result.partitions.push_back(partition);
    const bool inside = partition.start_bytes < disk.size_bytes && partition.size_bytes > 0 &&
                        partition.size_bytes <= disk.size_bytes - partition.start_bytes;
    if (inside && partition.start_bytes > 0 && ::blkid_partition_is_extended(entry) == 0) {
      regions.push_back({partition.start_bytes, partition.size_bytes, partition.name});
    }
  }
  return regions;
}

// ---- what Joist looks for itself

Result<void> read_exactly(int fd, std::uint64_t offset_bytes, char* out, std::size_t size_bytes) {
  while (size_bytes > 0) {
    const ssize_t got = ::pread(fd, out, size_bytes, static_cast<off_t>(offset_bytes));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      return fail(ErrorCode::Io, "read at byte " + std::to_string(offset_bytes) + ": " +
                                     std::strerror(got == 0 ? EIO : errno));
    }
    offset_bytes += static_cast<std::uint64_t>(got);
    out += got;
    size_bytes -= static_cast<std::size_t>(got);
  }
  return {};
}

// Blocks far from each other: what the kernel reads ahead of each would be most of what is read.
void read_no_more_than_asked(int fd) {
  [[maybe_unused]] const int advised = ::posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
}

// One block that has been read, since several superblocks may stand at one place.
struct Block {
  std::uint64_t offset_bytes = 0;
  std::string bytes;
};

Result<void> take_superblock(int fd, const Region& region, const SuperblockPlace& place,
                             Block& block, std::vector<Signature>& signatures) {
  if (block.offset_bytes != place.offset_bytes || block.bytes.size() != place.length_bytes) {
    block = {place.offset_bytes, std::string(place.length_bytes, '\0')};
    const auto read = read_exactly(fd, region.start_bytes + place.offset_bytes, block.bytes.data(),
                                   block.bytes.size());
    if (!read) return fail(read.error(), region.device);
  }
  auto superblock =
      place.recognise(DiskBytes(block.bytes), {place.offset_bytes, region.size_bytes});
  if (!superblock) return {};
  Signature own{.type = std::string(superblock->type),
                .usage = std::string(superblock->usage),
                .offset_bytes = region.start_bytes + place.offset_bytes + superblock->magic_at,
                .length_bytes = superblock->magic_bytes,
                .label = std::move(superblock->label),
                .uuid = std::move(superblock->uuid),
                .device = region.device,
                .owner = std::string(superblock->owner),
                .confidence = superblock->confidence};
  const auto same = std::ranges::find_if(signatures, [&own](const Signature& other) {
    return other.offset_bytes == own.offset_bytes && other.type == own.type;
  });
  if (same == signatures.end()) {
    signatures.push_back(std::move(own));
  } else if (same->owner.empty()) {  // libblkid's, with names as people know them
    same->owner = std::move(own.owner);
    same->confidence = own.confidence;
    if (same->label.empty()) same->label = std::move(own.label);
    if (same->uuid.empty()) same->uuid = std::move(own.uuid);
  }
  return {};
}

Result<void> read_superblocks(int fd, const Region& region, ProbeResult& result) {
  Block block;
  for (const SuperblockPlace& place : places_in(region)) {
    if (result.signatures.size() >= kSignaturesMax) {
      result.truncated = true;
      return {};
    }
    if (auto read = take_superblock(fd, region, place, block, result.signatures); !read)
      return read;
  }
  return {};
}

Result<std::string> read_area(int fd, const ByteRange& area) {
  std::string bytes(area.size_bytes, '\0');
  const auto read = read_exactly(fd, area.start_bytes, bytes.data(), bytes.size());
  if (!read) return fail(read.error(), "look for data");
  return bytes;
}

std::string little_endian(std::uint64_t number) {
  std::string bytes(sizeof number, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(number & 0xff);
    number >>= 8;
  }
  return bytes;
}

Result<void> sample_data(int fd, ProbeResult& result) {
  Sha256 content;
  auto& offsets = result.data_offsets_bytes;
  for (const ByteRange& area : sampled_ranges(result.size_bytes)) {
    const auto bytes = read_area(fd, area);
    if (!bytes) return tl::unexpected<Error>(bytes.error());
    const auto data = bytes->find_first_not_of('\0');
    if (data == std::string::npos) continue;
    if (offsets.size() < kDataOffsetsMax) offsets.push_back(area.start_bytes + data);
    content.update(little_endian(area.start_bytes));
    content.update(*bytes);
  }
  result.content_digest = content.finish();
  std::ranges::sort(offsets);
  // std::unique, because clang 14 takes no subrange of libstdc++'s.
  offsets.erase(std::unique(offsets.begin(), offsets.end()), offsets.end());
  return {};
}

}  // namespace

std::uint64_t diskseq_of(int fd) {
  __u64 diskseq = 0;
  return ::ioctl(fd, BLKGETDISKSEQ, &diskseq) == 0 ? diskseq : 0;
}

Result<bool> samples_are_zero(int fd, std::string_view name) {
  read_no_more_than_asked(fd);
  ProbeResult geometry;
  if (auto read = read_geometry(fd, geometry); !read) return fail(read.error(), name);
  for (const ByteRange& area : sampled_ranges(geometry.size_bytes)) {
    const auto bytes = read_area(fd, area);
    if (!bytes) return fail(bytes.error(), name);
    if (bytes->find_first_not_of('\0') != std::string::npos) return false;
  }
  return true;
}

Result<ProbeResult> probe(int fd, std::string_view name) {
  read_no_more_than_asked(fd);
  ProbeResult result;
  if (auto read = read_geometry(fd, result); !read) return fail(read.error(), name);
  if (result.size_bytes == 0) return fail(ErrorCode::Io, std::string(name) + ": has no medium");

  const Region disk{0, result.size_bytes, std::string(name)};
  if (auto read = read_signatures(fd, disk, result); !read) return fail(read.error(), "probe");
  const auto partitions = read_partitions(fd, disk, result);
  if (!partitions) return fail(partitions.error(), "probe");
  for (const Region& partition : *partitions) {
    if (auto read = read_signatures(fd, partition, result); !read) {
      return fail(read.error(), "probe");
    }
  }
  std::vector<Region> regions{disk};
  regions.insert(regions.end(), partitions->begin(), partitions->end());
  if (auto lost = lost_partition(disk, !partitions->empty())) regions.push_back(std::move(*lost));
  for (const Region& region : regions) {
    if (auto read = read_superblocks(fd, region, result); !read) return fail(read.error(), "probe");
  }
  if (auto read = sample_data(fd, result); !read) return fail(read.error(), name);
  std::ranges::stable_sort(result.signatures, {}, &Signature::offset_bytes);
  if (result.signatures.size() > kSignaturesMax) {
    result.signatures.resize(kSignaturesMax);
    result.truncated = true;
  }
  return result;
}

}  // namespace joist::disk
