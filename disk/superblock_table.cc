#include <algorithm>
#include <string>

#include "disk/checksum.h"
#include "disk/superblock.h"

namespace joist::disk {
namespace {

constexpr std::string_view kBootSignature = "\x55\xaa";
constexpr std::size_t kBootSignatureAt = 510;

}  // namespace

// UEFI 2.10, 5.3.2: at LBA 1 and the last one, in sectors of 512 or 4096 bytes, whatever the
// disk's are now: a bridge may have changed them.
std::optional<Superblock> recognise_gpt(const DiskBytes& block, const Site& site) {
  constexpr std::string_view kMagic = "EFI PART";
  if (!block.has(0, kMagic)) return std::nullopt;
  Superblock found{.type = "gpt", .usage = "partition-table", .owner = "gpt"};
  found.magic_bytes = kMagic.size();
  found.uuid = block.guid(56);
  const std::uint64_t lba = block.le64(24);
  const std::uint64_t sectors[] = {512, 4096};
  const bool fits = std::ranges::any_of(sectors, [&](std::uint64_t sector_bytes) {
    return site.offset_bytes % sector_bytes == 0 && lba == site.offset_bytes / sector_bytes;
  });
  if (fits) found.confidence = Confidence::Plausible;
  const std::size_t header_bytes = block.le32(12);
  if (header_bytes < 92 || header_bytes > block.size()) return found;
  std::string header(block.view(0, header_bytes));
  header.replace(16, 4, 4, '\0');
  if (fits && crc32(header) == block.le32(16)) found.confidence = Confidence::Checked;
  return found;
}

// UEFI 2.10, 5.2.3. What is left when the tables were removed and it was not.
std::optional<Superblock> recognise_protective_mbr(const DiskBytes& block, const Site& /*site*/) {
  constexpr std::uint8_t kProtects = 0xee;
  if (!block.has(kBootSignatureAt, kBootSignature)) return std::nullopt;
  for (std::size_t entry = 446; entry < kBootSignatureAt; entry += 16) {
    if (block.u8(entry + 4) != kProtects) continue;
    const bool fits = block.le32(entry + 8) == 1;
    return Superblock{.type = "PMBR",
                      .usage = "partition-table",
                      .owner = "gpt",
                      .confidence = fits ? Confidence::Plausible : Confidence::Magic,
                      .magic_at = kBootSignatureAt,
                      .magic_bytes = kBootSignature.size()};
  }
  return std::nullopt;
}

// The boot sector, of which the last sector of the volume has a copy (NTFS documentation of
// linux-ntfs, $Boot).
std::optional<Superblock> recognise_ntfs(const DiskBytes& block, const Site& /*site*/) {
  constexpr std::string_view kMagic = "NTFS    ";
  if (!block.has(3, kMagic)) return std::nullopt;
  const std::uint64_t sector_bytes = block.le16(11);
  const bool fits = block.has(kBootSignatureAt, kBootSignature) && sector_bytes >= 256 &&
                    sector_bytes <= 4096 && (sector_bytes & (sector_bytes - 1)) == 0;
  return Superblock{.type = "ntfs",
                    .usage = "filesystem",
                    .owner = "ntfs",
                    .confidence = fits ? Confidence::Plausible : Confidence::Magic,
                    .magic_at = 3,
                    .magic_bytes = kMagic.size()};
}

}  // namespace joist::disk
