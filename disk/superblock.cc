#include "disk/superblock.h"

#include <algorithm>
#include <array>

namespace joist::disk {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;
constexpr std::uint32_t kBlockBytes = 4096;

class Places {
 public:
  explicit Places(std::uint64_t size_bytes) : size_bytes_(size_bytes) {}

  void add(Recogniser recognise, std::uint64_t offset_bytes,
           std::uint32_t length_bytes = kBlockBytes) {
    if (offset_bytes >= size_bytes_) return;
    const std::uint64_t left_bytes = size_bytes_ - offset_bytes;
    const auto bytes =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(length_bytes, left_bytes));
    places_.push_back({offset_bytes, bytes, recognise});
  }

  // So many bytes before the end, or before the end rounded down.
  void add_at_end(Recogniser recognise, std::uint64_t before_end_bytes,
                  std::uint32_t length_bytes = kBlockBytes, std::uint64_t rounded_to_bytes = 1) {
    const std::uint64_t end_bytes = size_bytes_ / rounded_to_bytes * rounded_to_bytes;
    if (end_bytes >= before_end_bytes) add(recognise, end_bytes - before_end_bytes, length_bytes);
  }

  std::vector<SuperblockPlace> sorted() {
    std::ranges::stable_sort(places_, {}, &SuperblockPlace::offset_bytes);
    return std::move(places_);
  }

 private:
  std::uint64_t size_bytes_;
  std::vector<SuperblockPlace> places_;
};

void add_tables(Places& places) {
  places.add(recognise_protective_mbr, 0);
  for (const std::uint32_t sector_bytes : {512U, 4096U}) {
    places.add(recognise_gpt, sector_bytes);
    places.add_at_end(recognise_gpt, sector_bytes);
    places.add_at_end(recognise_ntfs, sector_bytes);
  }
  places.add(recognise_ntfs, 0);
}

// Where a group has 8 blocks for each byte of a block, as mke2fs makes them, by the size of a
// block; 1 KiB blocks begin with one left out. "sparse_super" keeps copies in groups 1 and the
// powers of 3, 5 and 7.
void add_ext(Places& places) {
  constexpr std::array<std::uint64_t, 9> kGroups{1, 3, 5, 7, 9, 25, 27, 49, 81};
  places.add(recognise_ext, kKiB);
  for (const std::uint64_t block_bytes : {kKiB, 2 * kKiB, 4 * kKiB}) {
    const std::uint64_t group_bytes = 8 * block_bytes * block_bytes;
    const std::uint64_t first_bytes = block_bytes == kKiB ? kKiB : 0;
    for (const std::uint64_t group : kGroups) {
      places.add(recognise_ext, first_bytes + group * group_bytes);
    }
  }
  // "bigalloc": 16 blocks of 4 KiB are one, by default.
  places.add(recognise_ext, 2 * kGiB);
}

// mkfs.xfs makes 4 allocation groups, each rounded up to a block, and of a disk above 4 TiB groups
// of a block less than 1 TiB (XFS_AG_MAX_BLOCKS).
void add_xfs(Places& places, std::uint64_t size_bytes) {
  constexpr std::uint64_t kGroups = 4;
  const std::uint64_t blocks = size_bytes / kBlockBytes;
  const std::uint64_t group_bytes = (blocks + kGroups - 1) / kGroups * kBlockBytes;
  for (std::uint64_t group = 0; group < kGroups; ++group) {
    places.add(recognise_xfs, group * group_bytes);
    if (group > 0) places.add(recognise_xfs, group * (1024 * kGiB - kBlockBytes));
  }
}

// Four labels. Their lists are looked at by themselves too: they are small, and stand where the
// labels do in a partition whose table is gone.
void add_zfs(Places& places, std::uint64_t size_bytes) {
  constexpr std::uint32_t kLabelBytes = 256 * kKiB;
  constexpr std::uint64_t kListAt = 16 * kKiB;
  constexpr std::uint64_t kPoolBytesMin = 64 * kMiB;  // SPA_MINDEVSIZE
  if (size_bytes < kPoolBytesMin) return;
  for (const std::uint64_t label : {0U, 1U}) {
    places.add(recognise_zfs, label * kLabelBytes, kLabelBytes);
    places.add(recognise_zfs_list, label * kLabelBytes + kListAt);
    places.add_at_end(recognise_zfs, (label + 1) * kLabelBytes, kLabelBytes, kLabelBytes);
    places.add_at_end(recognise_zfs_list, (label + 1) * kLabelBytes - kListAt, kBlockBytes,
                      kLabelBytes);
  }
  // "zpool create" on a whole disk makes a partition of whole MiB from 1 MiB on, before a reserved
  // one of 8 MiB and the table (OpenZFS, zpool_label_disk()).
  constexpr std::uint64_t kTableBytes = std::uint64_t{33} * 512;
  const std::uint64_t end_bytes = (size_bytes - kTableBytes - 8 * kMiB) / kMiB * kMiB;
  for (const std::uint64_t label : {1U, 2U}) {
    places.add(recognise_zfs_list, end_bytes - label * kLabelBytes + kListAt);
  }
}

void add_volumes(Places& places, std::uint64_t size_bytes) {
  for (std::uint32_t page_bytes = kBlockBytes; page_bytes <= 64 * kKiB; page_bytes *= 2) {
    places.add(recognise_swap, 0, page_bytes);
  }
  places.add(recognise_luks2, 0);
  // Where a second header stands depends on the size of the first.
  for (std::uint64_t at = 16 * kKiB; at <= 4 * kMiB; at *= 2) places.add(recognise_luks2, at);
  for (std::uint64_t sector = 0; sector < 4; ++sector) {
    places.add(recognise_lvm_label, sector * 512, 512);
  }
  // With what the group's text takes, the first times that it changes.
  places.add(recognise_lvm_metadata, kBlockBytes, 32 * kKiB);
  // A second area takes the last whole MiB, aligned to one (lvm2 2.03.16), or, of older ones, to 4
  // KiB.
  if (size_bytes >= 2 * kMiB) {
    for (const std::uint64_t aligned_to_bytes : {kMiB, std::uint64_t{kBlockBytes}}) {
      places.add_at_end(recognise_lvm_metadata, kMiB, 512, aligned_to_bytes);
    }
  }

  places.add(recognise_md, 0);
  places.add(recognise_md, 4 * kKiB);
  const std::uint64_t sectors = size_bytes / 512;
  if (sectors >= 16) places.add(recognise_md, (sectors - 16) / 8 * 8 * 512);  // 1.0
  places.add_at_end(recognise_md, 64 * kKiB, kBlockBytes, 64 * kKiB);         // 0.90
}

}  // namespace

std::vector<SuperblockPlace> superblock_places(std::uint64_t size_bytes) {
  Places places(size_bytes);
  add_tables(places);
  add_ext(places);
  add_xfs(places, size_bytes);
  for (const std::uint64_t at : {64 * kKiB, 64 * kMiB, 256 * kGiB}) {
    places.add(recognise_btrfs, at);
  }
  add_volumes(places, size_bytes);
  add_zfs(places, size_bytes);
  for (const std::uint64_t at : {0 * kGiB, 1 * kGiB, 10 * kGiB, 100 * kGiB, 1000 * kGiB}) {
    places.add(recognise_bluestore, at);
  }
  places.add(recognise_spdk, 0);
  return places.sorted();
}

}  // namespace joist::disk
