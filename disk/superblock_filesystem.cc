#include "disk/checksum.h"
#include "disk/superblock.h"

namespace joist::disk {

// Kernel, Documentation/filesystems/ext4/super.rst: at 1024, and at the start of some block groups.
std::optional<Superblock> recognise_ext(const DiskBytes& block, const Site& site) {
  constexpr std::string_view kMagic = "\x53\xef";
  constexpr std::uint64_t kFirstAt = 1024;
  constexpr std::uint32_t kJournal = 0x4;
  constexpr std::uint32_t kExt4Only = 0x40 | 0x80 | 0x200;  // extents, 64 bit, flexible groups
  constexpr std::uint32_t kClusters = 0x200;
  constexpr std::uint32_t kChecksums = 0x400;
  if (!block.has(56, kMagic)) return std::nullopt;
  const std::uint32_t log_block = block.le32(24);
  const std::uint64_t block_bytes = std::uint64_t{1024} << (log_block & 31);
  const std::uint64_t group_blocks = block.le32(32);
  const bool clusters = (block.le32(100) & kClusters) != 0;
  const std::uint32_t log_cluster = clusters ? block.le32(28) : log_block;
  // Two bytes are a magic that any data may hold.
  if (log_block > 6 || log_cluster < log_block || log_cluster > 20) return std::nullopt;
  const std::uint64_t group_blocks_max = 8 * block_bytes << (log_cluster - log_block);
  if (group_blocks == 0 || group_blocks > group_blocks_max) return std::nullopt;
  const bool ext4 = (block.le32(96) & kExt4Only) != 0 || (block.le32(100) & kChecksums) != 0;
  const bool journal = (block.le32(92) & kJournal) != 0;
  Superblock found{.type = ext4      ? "ext4"
                           : journal ? "ext3"
                                     : "ext2",
                   .usage = "filesystem",
                   .owner = "ext",
                   .magic_at = 56,
                   .magic_bytes = kMagic.size()};
  found.label = block.text(120, 16);
  found.uuid = block.uuid(104);
  const std::uint64_t group = block.le16(90);
  const std::uint64_t group_at = (block.le32(20) + group * group_blocks) * block_bytes;
  if (site.offset_bytes != (group == 0 ? kFirstAt : group_at)) return found;
  found.confidence = Confidence::Plausible;
  const bool checked = (block.le32(100) & kChecksums) != 0 && block.size() >= 1024 &&
                       crc32c(block.view(0, 1020)) == block.le32(1020);
  if (checked) found.confidence = Confidence::Checked;
  return found;
}

// btrfs on-disk format, struct btrfs_super_block: at 64 KiB, 64 MiB and 256 GiB.
std::optional<Superblock> recognise_btrfs(const DiskBytes& block, const Site& site) {
  constexpr std::string_view kMagic = "_BHRfS_M";
  constexpr std::size_t kBytes = 4096;
  if (!block.has(64, kMagic)) return std::nullopt;
  Superblock found{.type = "btrfs",
                   .usage = "filesystem",
                   .owner = "btrfs",
                   .magic_at = 64,
                   .magic_bytes = kMagic.size()};
  found.label = block.text(299, 256);
  found.uuid = block.uuid(32);
  if (block.le64(48) != site.offset_bytes) return found;
  found.confidence = Confidence::Plausible;
  const bool with_crc32c = block.le16(196) == 0;
  const bool checked = with_crc32c && block.size() >= kBytes &&
                       ~crc32c(block.view(32, kBytes - 32)) == block.le32(0);
  if (checked) found.confidence = Confidence::Checked;
  return found;
}

// XFS Algorithms & Data Structures, "Superblocks": one at the start of each allocation group.
std::optional<Superblock> recognise_xfs(const DiskBytes& block, const Site& site) {
  constexpr std::string_view kMagic = "XFSB";
  constexpr std::size_t kChecksumAt = 224;
  if (!block.has(0, kMagic)) return std::nullopt;
  Superblock found{.type = "xfs", .usage = "filesystem", .owner = "xfs"};
  found.magic_bytes = kMagic.size();
  found.label = block.text(108, 12);
  found.uuid = block.uuid(32);
  const std::uint64_t group_bytes = std::uint64_t{block.be32(4)} * block.be32(84);
  if (group_bytes == 0 || site.offset_bytes % group_bytes != 0) return found;
  found.confidence = Confidence::Plausible;
  const std::size_t sector_bytes = std::size_t{block.u8(102)} << 8 | block.u8(103);
  const bool has_checksum = (block.u8(101) & 0xf) == 5;
  if (!has_checksum || sector_bytes < 512 || sector_bytes > block.size()) return found;
  std::string sector(block.view(0, sector_bytes));
  sector.replace(kChecksumAt, 4, 4, '\0');
  if (~crc32c(sector) == block.le32(kChecksumAt)) found.confidence = Confidence::Checked;
  return found;
}

}  // namespace joist::disk
