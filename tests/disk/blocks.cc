#include "tests/disk/blocks.h"

#include "disk/checksum.h"

namespace joist::disk {
namespace {

// LVM2, lib/misc/crc.h.
constexpr std::uint32_t kLvmSeed = 0xf597a6cf;

std::string text_of(std::string_view text) {
  std::string encoded(4, '\0');
  put(encoded, 0, text.size(), 4);
  return encoded.append(text);
}

}  // namespace

void put(std::string& block, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    block[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
  }
}

void put_big(std::string& block, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    block[at + i] = static_cast<char>(value >> (8 * (bytes - 1 - i)) & 0xff);
  }
}

void put(std::string& block, std::size_t at, std::string_view text) {
  block.replace(at, text.size(), text);
}

std::string bluestore_label() {
  std::string body(16, '\x11');  // the OSD's uuid
  body.append(8 + 8, '\0');      // size, time
  body += text_of("main");
  std::string values(4, '\0');
  put(values, 0, 3, 4);
  body += values;
  body += text_of("ceph_fsid") + text_of("5f1c1d5e-0000-4000-8000-000000000001");
  body += text_of("osd_key") + text_of("AQD-a-secret==");
  body += text_of("whoami") + text_of("7");
  std::string block = "bluestore block device\n11111111-1111-1111-1111-111111111111\n";
  block.append("\x02\x01", 2);
  block.append(4, '\0');
  put(block, 62, body.size(), 4);
  block += body;
  const std::uint32_t sum = crc32c(block);
  block.resize(block.size() + 4);
  put(block, block.size() - 4, sum, 4);
  block.resize(4096);
  return block;
}

std::string spdk_block() {
  std::string block(4096, '\0');
  put(block, 0, "SPDKBLOB");
  put(block, 8, 3, 4);
  put(block, 56, "LVOLSTORE");
  put(block, 4092, ~crc32c(std::string_view(block).substr(0, 4092)), 4);
  return block;
}

// ZFS On-Disk Specification, chapter 1. Two uberblocks: libblkid wants four on a disk.
std::string zfs_label(bool big_endian) {
  std::string label(256 * kKiB, '\0');
  put(label, 16 * kKiB, std::string_view("\x01\x01\0\0\0\0\0\0\0\0\0\x01", 12));
  put_big(label, 16 * kKiB + 20, 7, 4);
  put(label, 16 * kKiB + 24, "version");
  for (const std::size_t at : {132 * kKiB, 136 * kKiB}) {
    if (big_endian) {
      put_big(label, at, 0x00bab10c, 8);
    } else {
      put(label, at, 0x00bab10c, 8);
    }
  }
  return label;
}

// LVM2, lib/format_text/layout.h and lib/label/label.h.
std::string lvm_label(std::uint64_t sector) {
  std::string block(512, '\0');
  put(block, 0, "LABELONE");
  put(block, 8, sector, 8);
  put(block, 20, 32, 4);
  put(block, 24, "LVM2 001");
  put(block, 32, "abcdefghijklmnopqrstuvwxyz012345");
  put(block, 16, crc32_from(kLvmSeed, std::string_view(block).substr(20)), 4);
  return block;
}

std::string lvm_metadata(std::uint64_t offset_bytes) {
  std::string block(512, '\0');
  put(block, 4, " LVM2 x[5A%r0N*>");
  put(block, 20, 1, 4);
  put(block, 24, offset_bytes, 8);
  put(block, 32, kMiB, 8);
  put(block, 0, crc32_from(kLvmSeed, std::string_view(block).substr(4)), 4);
  return block;
}

// Kernel, include/uapi/linux/raid/md_p.h.
std::string md_superblock(unsigned major, std::uint64_t offset_bytes) {
  std::string block(4096, '\0');
  put(block, 0, 0xa92b4efc, 4);
  put(block, 4, major, 4);
  if (major == 0) {
    put(block, 8, 90, 4);
    put(block, 20, 0x12345678, 4);  // its number
    return block;
  }
  put(block, 16, "0123456789abcdef");
  put(block, 32, "host:archive");
  put(block, 144, offset_bytes / 512, 8);
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < 256; at += 4) {
    for (std::size_t i = 0; i < 4; ++i) {
      sum += std::uint64_t{static_cast<unsigned char>(block[at + i])} << (8 * i);
    }
  }
  put(block, 216, (sum & 0xffffffff) + (sum >> 32), 4);
  return block;
}

// exFAT specification, 3: a boot sector, eight more, two reserved, and one of checksums.
std::string exfat_boot_region() {
  constexpr std::size_t kSector = 512;
  std::string region(12 * kSector, '\0');
  put(region, 0,
      "\xeb\x76\x90"
      "EXFAT   ");
  put(region, 72, 64 * kMiB / kSector, 8);
  put(region, 80, 128, 4);   // the table
  put(region, 84, 128, 4);   // so long
  put(region, 88, 256, 4);   // the clusters
  put(region, 92, 1000, 4);  // so many
  put(region, 96, 5, 4);     // the root directory's
  put(region, 100, 0x1234abcd, 4);
  put(region, 104, 0x100, 2);
  put(region, 108, 9, 1);
  put(region, 109, 3, 1);
  put(region, 110, 1, 1);
  put(region, 510, "\x55\xaa");
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < 11 * kSector; ++at) {
    if (at == 106 || at == 107 || at == 112) continue;
    sum = ((sum & 1) << 31) + (sum >> 1) + static_cast<unsigned char>(region[at]);
  }
  for (std::size_t at = 11 * kSector; at < region.size(); at += 4) put(region, at, sum, 4);
  return region;
}

// Microsoft, "FAT: General Overview of On-Disk Format" 1.03: FAT32.
std::string fat_boot_sector(std::uint64_t disk_bytes) {
  std::string sector(512, '\0');
  put(sector, 0,
      "\xeb\x58\x90"
      "MSWIN4.1");
  put(sector, 11, 512, 2);
  put(sector, 13, 1, 1);
  put(sector, 14, 32, 2);
  put(sector, 16, 2, 1);
  put(sector, 21, 0xf8, 1);
  put(sector, 32, disk_bytes / 512, 4);
  put(sector, 36, 1009, 4);
  put(sector, 44, 2, 4);
  put(sector, 48, 1, 2);
  put(sector, 50, 6, 2);
  put(sector, 66, 0x29, 1);
  put(sector, 67, 0x1234abcd, 4);
  put(sector, 71, "ARCHIVE    FAT32   ");
  put(sector, 510, "\x55\xaa");
  return sector;
}

// Kernel, include/uapi/linux/nilfs2_ondisk.h.
std::string nilfs_superblock(std::uint64_t disk_bytes) {
  constexpr std::size_t kBytes = 280;
  std::string block(1024, '\0');
  put(block, 0, 2, 4);
  put(block, 6, 0x3434, 2);
  put(block, 8, kBytes, 2);
  put(block, 12, 0x01020304, 4);
  put(block, 32, disk_bytes, 8);
  put(block, 16, crc32_from(0x01020304, std::string_view(block).substr(0, kBytes)), 4);
  return block;
}

// UEFI 2.10, 5.3.2.
std::string gpt_header(std::uint64_t lba, std::uint64_t other_lba, std::uint64_t entries_lba,
                       std::uint64_t last_lba, std::string_view entries) {
  std::string header(512, '\0');
  put(header, 0, "EFI PART");
  put(header, 8, 0x10000, 4);
  put(header, 12, 92, 4);
  put(header, 24, lba, 8);
  put(header, 32, other_lba, 8);
  put(header, 40, 34, 8);
  put(header, 48, last_lba, 8);
  put(header, 56, "0123456789abcdef");
  put(header, 72, entries_lba, 8);
  put(header, 80, entries.size() / 128, 4);
  put(header, 84, 128, 4);
  put(header, 88, crc32(entries), 4);
  put(header, 16, crc32(std::string_view(header).substr(0, 92)), 4);
  return header;
}

std::string gpt_entries(std::uint64_t first_lba, std::uint64_t last_lba) {
  std::string entries(16 * kKiB, '\0');
  put(entries, 0,
      std::string_view("\xaf\x3d\xc6\x0f\x83\x84\x72\x47\x8e\x79\x3d\x69\xd8\x47\x7d\xe4", 16));
  put(entries, 16, "fedcba9876543210");
  put(entries, 32, first_lba, 8);
  put(entries, 40, last_lba, 8);
  return entries;
}

std::string protective_mbr() {
  std::string sector(512, '\0');
  put(sector, 446 + 4, 0xee, 1);
  put(sector, 446 + 8, 1, 4);
  put(sector, 446 + 12, 0xffffffff, 4);
  put(sector, 510, "\x55\xaa");
  return sector;
}

}  // namespace joist::disk
