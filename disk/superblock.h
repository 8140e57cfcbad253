// The superblocks of what may live on a disk, with all their copies: Joist's own table, beside
// libblkid, which knows the first copy of most and no copy of some. What is recognised here and
// not there, or the other way, counts all the same.
//
// Pure: where to look on a disk of a size, and what a block at such a place is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "disk/disk_bytes.h"

namespace joist::disk {

// How much speaks for it.
enum class Confidence {
  Magic,      // the magic alone, which other data may hold too
  Plausible,  // and fields that fit the place where it stands
  Checked,    // and its checksum is right
};

struct Superblock {
  std::string_view type;   // as libblkid names it, where it does: "ext4", "gpt", "LVM2_member"
  std::string_view usage;  // "filesystem", "raid", "crypto", "other", "partition-table"
  std::string_view owner;  // whose tools wrote it: "ext", "lvm2", "ceph", "longhorn", …
  Confidence confidence = Confidence::Magic;
  std::uint32_t magic_at = 0;     // within the block
  std::uint32_t magic_bytes = 0;  // how long the magic is
  std::string label;
  std::string uuid;
};

// Where a block was read, on a disk or partition of a size.
struct Site {
  std::uint64_t offset_bytes;
  std::uint64_t size_bytes;
};

// What a block is. Nothing: no superblock of the format.
using Recogniser = std::optional<Superblock> (*)(const DiskBytes& block, const Site& site);

// A block to read, and what may stand in it.
struct SuperblockPlace {
  std::uint64_t offset_bytes;
  std::uint32_t length_bytes;
  Recogniser recognise;
};

// On a disk or partition of that size, by offset; none of them reaches past its end.
std::vector<SuperblockPlace> superblock_places(std::uint64_t size_bytes);

// One format each; the sources stand at the functions.
std::optional<Superblock> recognise_gpt(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_protective_mbr(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_ext(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_btrfs(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_xfs(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_ntfs(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_luks2(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_lvm_label(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_lvm_metadata(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_md(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_zfs(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_zfs_list(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_swap(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_bluestore(const DiskBytes& block, const Site& site);
std::optional<Superblock> recognise_spdk(const DiskBytes& block, const Site& site);

}  // namespace joist::disk
