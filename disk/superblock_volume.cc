#include <algorithm>
#include <iterator>
#include <numeric>

#include "disk/checksum.h"
#include "disk/superblock.h"
#include "disk/volume_origin.h"

namespace joist::disk {
namespace {

// LVM2, lib/misc/crc.h.
constexpr std::uint32_t kLvmSeed = 0xf597a6cf;
constexpr std::size_t kSectorBytes = 512;

}  // namespace

// LUKS2 on-disk format specification, 2.1: the first header at 0, its copy behind it, where the
// first one ends.
std::optional<Superblock> recognise_luks2(const DiskBytes& block, const Site& site) {
  constexpr std::string_view kFirst = "LUKS\xba\xbe";
  constexpr std::string_view kSecond = "SKUL\xba\xbe";
  const bool first = block.has(0, kFirst);
  if (!first && !block.has(0, kSecond)) return std::nullopt;
  Superblock found{.type = "crypto_LUKS", .usage = "crypto", .owner = "luks"};
  found.magic_bytes = kFirst.size();
  found.label = block.text(24, 48);
  found.uuid = block.text(168, 40);
  const bool version2 = block.u8(6) == 0 && block.u8(7) == 2;
  if (version2 && block.be64(256) == site.offset_bytes && first == (site.offset_bytes == 0)) {
    found.confidence = Confidence::Plausible;
  }
  return found;
}

// LVM2, lib/format_text/layout.h and lib/label/label.h: in one of the first four sectors.
std::optional<Superblock> recognise_lvm_label(const DiskBytes& block, const Site& site) {
  constexpr std::string_view kLabel = "LABELONE";
  constexpr std::string_view kMagic = "LVM2 001";
  constexpr std::uint32_t kMagicAt = 24;
  if (!block.has(0, kLabel) || !block.has(kMagicAt, kMagic)) return std::nullopt;
  Superblock found{.type = "LVM2_member", .usage = "raid", .owner = "lvm2"};
  found.magic_at = kMagicAt;
  found.magic_bytes = kMagic.size();
  found.uuid = block.text(32, 32);
  if (block.le64(8) != site.offset_bytes / kSectorBytes) return found;
  found.confidence = Confidence::Plausible;
  const std::string_view covered = block.view(20, kSectorBytes - 20);
  if (crc32_from(kLvmSeed, covered) == block.le32(16)) found.confidence = Confidence::Checked;
  return found;
}

// LVM2, struct mda_header: where the text of the volume group begins; a second one may stand near
// the end. Any sector of the block may hold it.
std::optional<Superblock> recognise_lvm_metadata(const DiskBytes& block, const Site& site) {
  constexpr std::string_view kMagic = " LVM2 x[5A%r0N*>";
  for (std::size_t at = 0; at + kSectorBytes <= block.size(); at += kSectorBytes) {
    const DiskBytes sector(block.view(at, kSectorBytes));
    if (!sector.has(4, kMagic)) continue;
    Superblock found{.type = "LVM2_metadata", .usage = "raid", .owner = "lvm2"};
    found.magic_at = static_cast<std::uint32_t>(at + 4);
    found.magic_bytes = kMagic.size();
    if (sector.le64(24) != site.offset_bytes + at) return found;
    // Where in the area the group's text is now, and how long.
    found.label = lvm_origin(block.view(at + sector.le64(40), sector.le64(48)));
    found.confidence = Confidence::Plausible;
    const std::string_view covered = sector.view(4, kSectorBytes - 4);
    if (crc32_from(kLvmSeed, covered) == sector.le32(0)) found.confidence = Confidence::Checked;
    return found;
  }
  return std::nullopt;
}

// Kernel, include/uapi/linux/raid/md_p.h; the checksum as drivers/md/md.c, calc_sb_1_csum().
std::optional<Superblock> recognise_md(const DiskBytes& block, const Site& site) {
  constexpr std::string_view kMagic = "\xfc\x4e\x2b\xa9";
  constexpr std::size_t kChecksumAt = 216;
  if (!block.has(0, kMagic)) return std::nullopt;
  Superblock found{.type = "linux_raid_member", .usage = "raid", .owner = "md"};
  found.magic_bytes = kMagic.size();
  const std::uint32_t major = block.le32(4);
  if (major == 0 && block.le32(8) == 90) {
    found.confidence = Confidence::Plausible;
    return found;
  }
  found.label = block.text(32, 32);
  found.uuid = block.uuid(16);
  if (major != 1 || block.le64(144) != site.offset_bytes / kSectorBytes) return found;
  found.confidence = Confidence::Plausible;
  const std::size_t devices = block.le32(220);
  const std::size_t covered = 256 + devices * 2;
  if (devices > 1920 || covered > block.size()) return found;
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at + 4 <= covered; at += 4) {
    if (at != kChecksumAt) sum += block.le32(at);
  }
  if (covered % 4 == 2) sum += block.le16(covered - 2);
  const auto folded = static_cast<std::uint32_t>((sum & 0xffffffff) + (sum >> 32));
  if (folded == block.le32(kChecksumAt)) found.confidence = Confidence::Checked;
  return found;
}

// Kernel, include/linux/swap.h: the last ten bytes of the first page, whose size is the host's that
// made it. A hibernated system puts its own mark there: kernel/power/swap.c (S1SUSPEND), suspend's
// swsusp.h (S2SUSPEND, ULSUSPEND), and LINHIB0001 as libblkid knows it.
std::optional<Superblock> recognise_swap(const DiskBytes& block, const Site& /*site*/) {
  constexpr std::size_t kMagicBytes = 10;
  constexpr std::string_view kSwap[] = {"SWAPSPACE2", "SWAP-SPACE"};
  constexpr std::string_view kImage[] = {"S1SUSPEND", "S2SUSPEND", "ULSUSPEND", "LINHIB0001"};
  constexpr std::size_t kPageBytesMin = 4096;
  const bool is_page = block.size() >= kPageBytesMin && (block.size() & (block.size() - 1)) == 0;
  if (!is_page) return std::nullopt;
  const std::size_t at = block.size() - kMagicBytes;
  const auto stands = [&](std::string_view magic) { return block.has(at, magic); };
  const auto* swap = std::ranges::find_if(kSwap, stands);
  const auto* image = std::ranges::find_if(kImage, stands);
  if (swap == std::end(kSwap) && image == std::end(kImage)) return std::nullopt;
  const bool hibernated = image != std::end(kImage);
  Superblock found{.type = hibernated ? "swsuspend" : "swap", .usage = "other", .owner = "swap"};
  found.magic_at = static_cast<std::uint32_t>(at);
  found.magic_bytes = static_cast<std::uint32_t>(hibernated ? image->size() : swap->size());
  const bool version1 = block.le32(1024) == 1 || block.be32(1024) == 1;
  if (!version1) return found;
  found.confidence = Confidence::Plausible;
  found.uuid = block.uuid(1036);
  found.label = block.text(1052, 16);
  return found;
}

// ZFS On-Disk Specification, chapter 1: four labels of 256 KiB, each with a list of names and
// values at 16 KiB (XDR) and a ring of uberblocks from 128 KiB on.
std::optional<Superblock> recognise_zfs(const DiskBytes& block, const Site& /*site*/) {
  constexpr std::size_t kListAt = 16 * 1024;
  constexpr std::string_view kList("\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", 12);
  constexpr std::string_view kListBig("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", 12);
  constexpr std::uint64_t kUberblock = 0x00bab10c;
  const bool list = block.has(kListAt, kList) || block.has(kListAt, kListBig);
  std::size_t uberblock_at = 0;
  for (std::size_t at = 128 * 1024; at < 256 * 1024 && uberblock_at == 0; at += 1024) {
    if (block.le64(at) == kUberblock || block.be64(at) == kUberblock) uberblock_at = at;
  }
  // The head of the list alone is what other data may begin with.
  if (uberblock_at == 0) return std::nullopt;
  return Superblock{.type = "zfs_member",
                    .usage = "filesystem",
                    .owner = "zfs",
                    .confidence = list ? Confidence::Plausible : Confidence::Magic,
                    .magic_at = static_cast<std::uint32_t>(uberblock_at),
                    .magic_bytes = 8};
}

// The list of a label by itself: its head, and the name of the first pair, which is always this.
std::optional<Superblock> recognise_zfs_list(const DiskBytes& block, const Site& /*site*/) {
  constexpr std::string_view kHead("\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", 12);
  constexpr std::uint32_t kNameAt = 24;
  constexpr std::string_view kName = "version";
  if (!block.has(0, kHead) || !block.has(kNameAt, kName)) return std::nullopt;
  return Superblock{.type = "zfs_member",
                    .usage = "filesystem",
                    .owner = "zfs",
                    .confidence = Confidence::Plausible,
                    .magic_at = kNameAt,
                    .magic_bytes = kName.size(),
                    .label = zfs_origin(block)};
}

}  // namespace joist::disk
