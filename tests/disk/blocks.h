// Blocks of formats for which no tool is at hand, as their documents have them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace joist::disk {

inline constexpr std::uint64_t kKiB = std::uint64_t{1} << 10;
inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
inline constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;

// A number of so many bytes, little-endian or big-endian.
void put(std::string& block, std::size_t at, std::uint64_t value, std::size_t bytes);
void put_big(std::string& block, std::size_t at, std::uint64_t value, std::size_t bytes);
void put(std::string& block, std::size_t at, std::string_view text);

std::string bluestore_label();  // with its checksum and a secret
std::string spdk_block();       // Longhorn's, with its checksum
std::string zfs_label(bool big_endian = false);
std::string lvm_label(std::uint64_t sector);
std::string lvm_metadata(std::uint64_t offset_bytes);
std::string md_superblock(unsigned major, std::uint64_t offset_bytes);
std::string exfat_boot_region();
std::string fat_boot_sector(std::uint64_t disk_bytes);
std::string nilfs_superblock(std::uint64_t disk_bytes);
std::string gpt_header(std::uint64_t lba, std::uint64_t other_lba, std::uint64_t entries_lba,
                       std::uint64_t last_lba, std::string_view entries);
std::string gpt_entries(std::uint64_t first_lba, std::uint64_t last_lba);  // one Linux partition
std::string protective_mbr();

}  // namespace joist::disk
