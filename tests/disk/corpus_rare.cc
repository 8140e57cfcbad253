#include "tests/disk/blocks.h"
#include "tests/disk/corpus.h"

namespace joist::disk {
namespace {

constexpr std::uint64_t kSize = 64 * kMiB;

std::string zeros(std::size_t bytes) { return std::string(bytes, '\0'); }

std::string bytes(std::string_view text) { return std::string(text); }

// IBM, JFS layout.
std::string jfs() {
  std::string block = zeros(512);
  put(block, 0, "JFS1");
  put(block, 4, 1, 4);
  put(block, 8, 1000, 8);
  put(block, 16, 4096, 4);
  put(block, 20, 12, 2);
  put(block, 22, 3, 2);
  put(block, 24, 512, 4);
  put(block, 28, 9, 2);
  return block;
}

std::string reiserfs() {
  std::string block = zeros(512);
  put(block, 0, 1000, 4);
  put(block, 12, 18, 4);  // where the journal is: behind this
  put(block, 44, 4096, 2);
  put(block, 52, "ReIsEr2Fs");
  return block;
}

// GFS2, include/uapi/linux/gfs2_ondisk.h.
std::string gfs2() {
  std::string block = zeros(512);
  put_big(block, 0, 0x01161970, 4);
  put_big(block, 4, 1, 4);
  put_big(block, 24, 1801, 4);
  put_big(block, 28, 1900, 4);
  put_big(block, 36, 4096, 4);
  put_big(block, 40, 12, 4);
  return block;
}

std::string hfs_plus() {
  std::string block = zeros(512);
  put(block, 0, "H+");
  put_big(block, 2, 4, 2);
  put_big(block, 40, 4096, 4);
  return block;
}

std::string hfs() {
  std::string block = zeros(512);
  put(block, 0, "BD");
  put_big(block, 20, 4096, 4);
  return block;
}

// ECMA-119: a primary descriptor and the end of them.
std::string iso9660() {
  std::string block = zeros(4096);
  put(block, 0,
      "\x01"
      "CD001\x01");
  put(block, 40, "ARCHIVE                         ");
  put(block, 2048,
      "\xff"
      "CD001\x01");
  return block;
}

// ECMA-167: the volume recognition sequence.
std::string udf() {
  std::string block = zeros(6144);
  put(block, 1, "BEA01\x01");
  put(block, 2048 + 1, "NSR02\x01");
  put(block, 4096 + 1, "TEA01\x01");
  return block;
}

std::string udf_anchor() {
  std::string tag = zeros(512);
  put(tag, 0, 2, 2);
  put(tag, 2, 2, 2);
  put(tag, 12, 256, 4);
  return tag;
}

std::string squashfs() {
  std::string block = zeros(96);
  put(block, 0, "hsqs");
  put(block, 12, 131072, 4);
  put(block, 28, 4, 2);
  return block;
}

std::string ocfs2() {
  std::string block = zeros(512);
  put(block, 0, "OCFSV2");
  return block;
}

std::string apfs() {
  std::string block = zeros(4096);
  put(block, 8, 1, 8);
  put(block, 24, 0x80000001, 4);
  put(block, 32, "NXSB");
  put(block, 36, 4096, 4);
  return block;
}

std::string cramfs() {
  std::string block = zeros(64);
  put(block, 0, 0x28cd3d45, 4);
  put(block, 4, 64, 4);
  put(block, 16, "Compressed ROMFS");
  return block;
}

std::string refs() {
  std::string block = zeros(512);
  put(block, 3, std::string_view("ReFS\0\0\0\0", 8));
  return block;
}

std::string hpfs_super() {
  std::string block = zeros(1536);
  put(block, 0, 0xf995e849, 4);
  put(block, 4, 0xfa53e9c5, 4);
  put(block, 8, 2, 1);
  put(block, 512, 0xf9911849, 4);
  return block;
}

constexpr std::string_view kBcache =
    "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81";
constexpr std::string_view kBcachefs =
    "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef";

void add_of_microsoft(Specimens& all) {
  const std::string fat = fat_boot_sector(kSize);
  all.push_back({"vfat", kSize, "vfat", written({{0, fat}, {3072, fat}})});
  all.push_back({"vfat with its backup alone", kSize, "", written({{3072, fat}})});
  all.push_back({"vfat with its tables alone", kSize, "",
                 written({{16'384, "\xf8\xff\xff\x0f\xff\xff\xff\x0f"}})});
  const std::string exfat = exfat_boot_region();
  all.push_back({"exfat", kSize, "exfat", written({{0, exfat}, {6144, exfat}})});
  all.push_back({"exfat with its backup alone", kSize, "", written({{6144, exfat}})});
  all.push_back({"refs", kSize, "ReFS", written({{0, refs()}})});
  all.push_back({"hpfs", kSize, "hpfs", written({{8 * kKiB, hpfs_super()}})});
}

void add_of_apple(Specimens& all) {
  all.push_back({"hfs+", kSize, "hfsplus", written({{1024, hfs_plus()}, {-1024, hfs_plus()}})});
  all.push_back(
      {"hfs+ with its alternate header alone", kSize, "", written({{-1024, hfs_plus()}})});
  all.push_back({"hfs", kSize, "hfs", written({{1024, hfs()}})});
  all.push_back({"apfs", kSize, "", written({{0, apfs()}})});
}

void add_of_linux(Specimens& all) {
  const std::string nilfs = nilfs_superblock(kSize);
  all.push_back({"nilfs2", kSize, "nilfs2", written({{1024, nilfs}, {-4096, nilfs}})});
  all.push_back(
      {"nilfs2 with its second superblock alone", kSize, "nilfs2", written({{-4096, nilfs}})});
  std::string f2fs = zeros(1024);
  put(f2fs, 0, 0xf2f52010, 4);
  put(f2fs, 4, 1, 2);
  put(f2fs, 6, 15, 2);
  all.push_back({"f2fs", kSize, "f2fs", written({{1024, f2fs}, {5120, f2fs}})});
  all.push_back({"f2fs with its second superblock alone", kSize, "", written({{5120, f2fs}})});
  all.push_back({"reiserfs", kSize, "reiserfs", written({{64 * kKiB, reiserfs()}})});
  all.push_back({"reiser4", kSize, "reiser4", written({{64 * kKiB, "ReIsEr4"}})});
  all.push_back({"jfs", kSize, "jfs", written({{32 * kKiB, jfs()}, {60 * kKiB, jfs()}})});
  all.push_back({"jfs with its second superblock alone", kSize, "", written({{60 * kKiB, jfs()}})});
  all.push_back({"squashfs", kSize, "squashfs", written({{0, squashfs()}})});
  all.push_back({"erofs", kSize, "", written({{1024, "\xe2\xe1\xf5\xe0"}})});
  all.push_back({"cramfs", kSize, "cramfs", written({{0, cramfs()}})});
  all.push_back({"romfs", kSize, "romfs", written({{0, "-rom1fs-"}})});
  all.push_back({"ubifs", kSize, "ubifs", written({{0, "\x31\x18\x10\x06"}})});
  all.push_back({"ubi", kSize, "ubi", written({{0, "UBI#\x01"}})});
  all.push_back({"bcache", kSize, "",
                 written({{4096 + 8, bytes(std::string_view("\x08\0\0\0", 4))},
                          {4096 + 24, bytes(kBcache)}})});
  all.push_back({"bcachefs", kSize, "", written({{4096 + 24, bytes(kBcachefs)}})});
  all.push_back({"bcachefs with its copy at the end alone", kSize, "",
                 written({{-static_cast<std::int64_t>(kMiB / 2) + 24, bytes(kBcachefs)}})});
  all.push_back({"zonefs", kSize, "", written({{0, "SFOZ"}})});
}

void add_of_clusters(Specimens& all) {
  for (const std::uint64_t block : {512U, 1024U, 2048U, 4096U}) {
    all.push_back({"ocfs2 in blocks of " + std::to_string(block) + " bytes", kSize, "ocfs2",
                   written({{static_cast<std::int64_t>(2 * block), ocfs2()}})});
  }
  all.push_back({"gfs2", kSize, "gfs2", written({{64 * kKiB, gfs2()}})});
  all.push_back({"oracleasm", kSize, "oracleasm", written({{32, "ORCLDISKDATA1"}})});
}

void add_of_unix(Specimens& all) {
  for (const std::int64_t at : {0, 8, 64, 256}) {
    all.push_back({"ufs at " + std::to_string(at) + " KiB", kSize, "ufs",
                   written({{at * 1024 + 1372, bytes(std::string_view("\x54\x19\x01\0", 4))}})});
  }
  all.push_back({"vxfs", kSize, "vxfs",
                 written({{1024, bytes(std::string_view("\xf5\xfc\x01\xa5\x04\0\0\0", 8))}})});
  all.push_back({"netware", kSize, "nss", written({{4096, "SPB5"}})});
}

void add_of_discs(Specimens& all) {
  all.push_back({"iso9660", kSize, "iso9660", written({{32 * kKiB, iso9660()}})});
  all.push_back({"iso9660 with a DOS table in it", kSize, "iso9660",
                 written({{32 * kKiB, iso9660()}, {510, "\x55\xaa"}})});
  all.push_back({"udf", kSize, "", written({{32 * kKiB, udf()}, {512 * kKiB, udf_anchor()}})});
  all.push_back({"udf with its last anchor alone", kSize, "", written({{-2048, udf_anchor()}})});
}

}  // namespace

Specimens rare_filesystems() {
  Specimens all;
  add_of_microsoft(all);
  add_of_apple(all);
  add_of_linux(all);
  add_of_clusters(all);
  add_of_unix(all);
  add_of_discs(all);
  return all;
}

}  // namespace joist::disk
