#include <map>

#include "disk/checksum.h"
#include "disk/superblock.h"

namespace joist::disk {
namespace {

// Ceph's encoding: a length in four bytes, then the bytes. Moves `at` behind it; "" at the end.
std::string_view take_text(const DiskBytes& block, std::size_t& at) {
  const std::string_view text = block.view(at + 4, block.le32(at));
  at += 4 + text.size();
  return text;
}

}  // namespace

// Ceph, src/os/bluestore/bluestore_types.cc, bluestore_bdev_label_t: at 0, and since 19.2.1 at 1,
// 10, 100 and 1000 GiB too (bdev_label_positions). The label has a secret (osd_key): of its names
// and values only whose it is is taken.
std::optional<Superblock> recognise_bluestore(const DiskBytes& block, const Site& /*site*/) {
  constexpr std::string_view kMagic = "bluestore block device\n";
  constexpr std::size_t kHeadAt = 60;  // a version, a compatible version, a length
  constexpr std::size_t kBodyAt = kHeadAt + 6;
  constexpr std::uint32_t kNamesMax = 64;
  if (!block.has(0, kMagic)) return std::nullopt;
  Superblock found{.type = "ceph_bluestore", .usage = "other", .owner = "ceph"};
  found.magic_bytes = kMagic.size();
  found.uuid = block.uuid(kBodyAt);
  const std::uint64_t end = kBodyAt + std::uint64_t{block.le32(kHeadAt + 2)};
  if (end + 4 > block.size()) return found;
  found.confidence = Confidence::Plausible;
  if (crc32c(block.view(0, end)) != block.le32(end)) return found;
  found.confidence = Confidence::Checked;

  std::size_t at = kBodyAt + 16 + 8 + 8;  // uuid, size, time of making
  const std::string description(take_text(block, at));
  std::map<std::string_view, std::string_view> values;
  const std::uint32_t count = block.le32(at);
  at += 4;
  for (std::uint32_t i = 0; i < count && i < kNamesMax && at < end; ++i) {
    const std::string_view name = take_text(block, at);
    values[name] = take_text(block, at);
  }
  found.label = description;
  if (const auto osd = values.find("whoami"); osd != values.end()) {
    found.label += " osd." + std::string(osd->second);
  }
  if (const auto cluster = values.find("ceph_fsid"); cluster != values.end()) {
    found.label += " of " + std::string(cluster->second);
  }
  return found;
}

// SPDK, lib/blob/blobstore.h, struct spdk_bs_super_block: Longhorn's v2 disks.
std::optional<Superblock> recognise_spdk(const DiskBytes& block, const Site& /*site*/) {
  constexpr std::string_view kMagic = "SPDKBLOB";
  constexpr std::size_t kBytes = 4096;
  if (!block.has(0, kMagic)) return std::nullopt;
  Superblock found{.type = "spdk_blob", .usage = "other", .owner = "longhorn"};
  found.magic_bytes = kMagic.size();
  found.label = block.text(56, 16);  // "LVOLSTORE"
  const std::uint32_t version = block.le32(8);
  if (version == 0 || version > 64) return found;
  found.confidence = Confidence::Plausible;
  const bool whole = block.size() >= kBytes;
  if (whole && ~crc32c(block.view(0, kBytes - 4)) == block.le32(kBytes - 4)) {
    found.confidence = Confidence::Checked;
  }
  return found;
}

}  // namespace joist::disk
