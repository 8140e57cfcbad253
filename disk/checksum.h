// The checksums that formats on disks use. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace joist::disk {

// CRC-32 as of gzip and GPT.
std::uint32_t crc32(std::string_view bytes);

// The same polynomial from a seed, neither seed nor result inverted: LVM2's.
std::uint32_t crc32_from(std::uint32_t seed, std::string_view bytes);

// CRC-32C (Castagnoli) from all ones, not inverted at the end: Ceph, ext4. btrfs, XFS and SPDK
// keep the inverse.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace joist::disk
