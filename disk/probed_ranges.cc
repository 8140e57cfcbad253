#include "disk/probed_ranges.h"

#include <algorithm>
#include <array>

namespace joist::disk {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

constexpr std::uint64_t kHeadBytes = kMiB / 2;
constexpr std::uint64_t kTailBytes = kMiB / 2;

// Partitions start at 1 MiB: what is in the first one must show even when the table that led to it
// is gone.
constexpr ByteRange kFirstPartition{kMiB, kMiB / 8};

constexpr std::uint64_t kClearedHeadBytes = 10 * kMiB;
constexpr std::uint64_t kClearedTailBytes = kMiB;

constexpr std::uint64_t kBlockBytes = 4096;

// What starts at 0, and in a first partition whose table is gone.
constexpr std::array<std::uint64_t, 2> kStartsBytes{0, kMiB};

// Other first partitions of which something shows, behind one that holds nothing: GRUB's of 1 MiB,
// a NAS's, and those that Windows reserves on GPT since 10 and before. Superblocks stand at their
// beginning, of btrfs 64 KiB further.
constexpr std::array<std::uint64_t, 4> kOtherStartsBytes{2 * kMiB, 4 * kMiB, 16 * kMiB, 129 * kMiB};
constexpr std::array<std::uint64_t, 2> kIntoOtherBytes{0, kMiB / 16};

// What a GPT keeps at the end of a disk, behind the last partition.
constexpr std::uint64_t kTableBytes = std::uint64_t{33} * 512;

// Promise's RAID has its mark in one of several places; this one alone is not in the tail.
constexpr std::uint64_t kPromiseBeforeEndBytes = std::uint64_t{3087} * 512;

// So many blocks over the whole disk, evenly: what no format explains.
constexpr std::uint64_t kGridBlocks = 64;

// Where what starts there ends: a disk or a partition of DOS with the disk, one of GPT before the
// table, and with whole MiB where the tool aligns the end too.
std::array<std::uint64_t, 3> ends_bytes(std::uint64_t disk_bytes) {
  const std::uint64_t usable_bytes = disk_bytes - std::min(disk_bytes, kTableBytes);
  return {disk_bytes, usable_bytes, usable_bytes / kMiB * kMiB};
}

// Blocks that are looked at beside the head and the tail.
std::vector<std::uint64_t> sampled_blocks(std::uint64_t disk_bytes) {
  std::vector<std::uint64_t> starts;
  const std::uint64_t blocks = disk_bytes / kBlockBytes;
  for (const std::uint64_t start_bytes : kStartsBytes) {
    for (const std::uint64_t end_bytes : ends_bytes(disk_bytes)) {
      if (start_bytes >= end_bytes) continue;
      for (const SuperblockPlace& place : superblock_places(end_bytes - start_bytes)) {
        starts.push_back((start_bytes + place.offset_bytes) / kBlockBytes * kBlockBytes);
      }
    }
  }
  for (const std::uint64_t start_bytes : kOtherStartsBytes) {
    for (const std::uint64_t into_bytes : kIntoOtherBytes) {
      if (start_bytes + into_bytes < disk_bytes) starts.push_back(start_bytes + into_bytes);
    }
  }
  if (disk_bytes > kPromiseBeforeEndBytes) {
    starts.push_back((disk_bytes - kPromiseBeforeEndBytes) / kBlockBytes * kBlockBytes);
  }
  for (std::uint64_t part = 1; part < kGridBlocks; ++part) {
    starts.push_back(blocks * part / kGridBlocks * kBlockBytes);
  }
  std::ranges::sort(starts);
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  return starts;
}

// Whole blocks around it, within the disk.
void add_blocks(std::vector<ByteRange>& ranges, std::uint64_t start_bytes, std::uint64_t size_bytes,
                std::uint64_t disk_bytes) {
  if (size_bytes == 0 || start_bytes >= disk_bytes) return;
  const std::uint64_t inside_bytes = std::min(size_bytes, disk_bytes - start_bytes);
  const std::uint64_t first = start_bytes / kBlockBytes * kBlockBytes;
  const std::uint64_t end = std::min(
      disk_bytes, (start_bytes + inside_bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes);
  ranges.push_back({first, end - first});
}

void add_region(std::vector<ByteRange>& ranges, const Region& region, std::uint64_t disk_bytes) {
  for (const SuperblockPlace& place : superblock_places(region.size_bytes)) {
    add_blocks(ranges, region.start_bytes + place.offset_bytes, place.length_bytes, disk_bytes);
  }
}

bool lies_within(const Partition& partition, std::uint64_t disk_bytes) {
  return partition.start_bytes < disk_bytes &&
         partition.size_bytes <= disk_bytes - partition.start_bytes;
}

std::vector<ByteRange> merged(std::vector<ByteRange> ranges) {
  std::ranges::sort(ranges, {}, &ByteRange::start_bytes);
  std::vector<ByteRange> merged;
  for (const ByteRange& range : ranges) {
    if (merged.empty() || range.start_bytes > merged.back().end_bytes()) {
      merged.push_back(range);
    } else if (range.end_bytes() > merged.back().end_bytes()) {
      merged.back().size_bytes = range.end_bytes() - merged.back().start_bytes;
    }
  }
  return merged;
}

}  // namespace

std::optional<Region> lost_partition(const Region& disk, bool has_partitions) {
  if (has_partitions || disk.size_bytes <= kMiB) return std::nullopt;
  return Region{kMiB, disk.size_bytes - kMiB, disk.device, true};
}

std::vector<SuperblockPlace> places_in(const Region& region) {
  auto places = superblock_places(region.size_bytes);
  if (!region.lost) return places;
  std::erase_if(places, [](const SuperblockPlace& place) {
    return place.offset_bytes > 0 && place.length_bytes > kFirstPartition.size_bytes;
  });
  for (SuperblockPlace& place : places) {
    place.length_bytes =
        std::min(place.length_bytes, static_cast<std::uint32_t>(kFirstPartition.size_bytes));
  }
  return places;
}

std::vector<ByteRange> sampled_ranges(std::uint64_t disk_bytes) {
  const std::uint64_t head_bytes = std::min(disk_bytes, kHeadBytes);
  const std::uint64_t tail_bytes = std::min(disk_bytes, kTailBytes);
  std::vector<ByteRange> ranges{{0, head_bytes}, {disk_bytes - tail_bytes, tail_bytes}};
  const bool first_whole = disk_bytes >= kFirstPartition.end_bytes() + tail_bytes;
  if (first_whole) ranges.push_back(kFirstPartition);
  for (const std::uint64_t start_bytes : sampled_blocks(disk_bytes)) {
    const bool in_first = first_whole && start_bytes >= kFirstPartition.start_bytes &&
                          start_bytes < kFirstPartition.end_bytes();
    const bool covered =
        start_bytes < head_bytes || start_bytes >= disk_bytes - tail_bytes || in_first;
    if (!covered) ranges.push_back({start_bytes, std::min(kBlockBytes, disk_bytes - start_bytes)});
  }
  return ranges;
}

std::vector<ByteRange> ranges_to_clear(const ProbeResult& found) {
  const std::uint64_t disk_bytes = found.size_bytes;
  std::vector<ByteRange> ranges;
  for (const ByteRange& range : sampled_ranges(disk_bytes)) {
    add_blocks(ranges, range.start_bytes, range.size_bytes, disk_bytes);
  }
  const std::uint64_t tail_bytes = std::min(disk_bytes, kClearedTailBytes);
  add_blocks(ranges, 0, kClearedHeadBytes, disk_bytes);
  add_blocks(ranges, disk_bytes - tail_bytes, tail_bytes, disk_bytes);
  const Region disk{0, disk_bytes, {}};
  add_region(ranges, disk, disk_bytes);
  if (const auto lost = lost_partition(disk, false)) add_region(ranges, *lost, disk_bytes);
  for (const Partition& partition : found.partitions) {
    if (!lies_within(partition, disk_bytes)) continue;
    add_region(ranges, {partition.start_bytes, partition.size_bytes, {}}, disk_bytes);
  }
  for (const Signature& signature : found.signatures) {
    add_blocks(ranges, signature.offset_bytes, std::max(signature.length_bytes, 1U), disk_bytes);
  }
  return merged(std::move(ranges));
}

std::vector<ByteRange> ranges_always_cleared(std::uint64_t disk_bytes) {
  ProbeResult nothing;
  nothing.size_bytes = disk_bytes;
  return ranges_to_clear(nothing);
}

}  // namespace joist::disk
