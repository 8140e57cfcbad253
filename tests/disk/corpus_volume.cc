#include "tests/disk/blocks.h"
#include "tests/disk/corpus.h"

namespace joist::disk {
namespace {

constexpr std::uint64_t kSize = 64 * kMiB;

Make luks(const std::string& options) {
  return made(
      "printf secret | cryptsetup luksFormat -q --pbkdf pbkdf2 "
      "--pbkdf-force-iterations 1000 " +
      options + " $0 -");
}

void add_luks(Specimens& all) {
  all.push_back({"luks1", kSize, "crypto_LUKS", luks("--type luks1")});
  all.push_back(
      {"luks1 without its header", kSize, "", zeroed(luks("--type luks1"), {{0, 4 * kKiB}})});
  const Make luks2 = luks("--type luks2");
  all.push_back({"luks2", kSize, "crypto_LUKS", luks2});
  all.push_back(
      {"luks2 without its first header", kSize, "crypto_LUKS", zeroed(luks2, {{0, 4 * kKiB}})});
  all.push_back({"luks2 without its second header", kSize, "crypto_LUKS",
                 zeroed(luks2, {{16 * kKiB, 4 * kKiB}})});
  all.push_back({"luks2 without both headers", kSize, "",
                 zeroed(luks2, {{0, 4 * kKiB}, {16 * kKiB, 4 * kKiB}})});
  all.push_back({"luks2, its keys alone", kSize, "", zeroed(luks2, {{0, 32 * kKiB}})});
  all.push_back({"luks2 with a large header, its second alone", kSize, "crypto_LUKS",
                 zeroed(luks("--type luks2 --luks2-metadata-size 1m --luks2-keyslots-size 8m"),
                        {{0, 512 * kKiB}})});
  std::string bitlocker(512, '\0');
  put(bitlocker, 0, "\xeb\x58\x90-FVE-FS-");
  put(bitlocker, 510, "\x55\xaa");
  all.push_back({"bitlocker", kSize, "", written({{0, bitlocker}})});
  all.push_back(
      {"verity", kSize, "DM_verity_hash", written({{0, std::string("verity\0\0\x01\0\0\0", 12)}})});
  all.push_back(
      {"integrity", kSize, "DM_integrity", written({{0, std::string("integrt\0\x01", 9)}})});
}

void add_lvm(Specimens& all) {
  for (const std::uint64_t sector : {0U, 1U, 2U, 3U}) {
    const auto at = static_cast<std::int64_t>(sector * 512);
    all.push_back({"lvm with its label in sector " + std::to_string(sector), kSize, "LVM2_member",
                   written({{at, lvm_label(sector)}, {4096, lvm_metadata(4096)}})});
  }
  all.push_back(
      {"lvm, its metadata alone", kSize, "LVM2_metadata", written({{4096, lvm_metadata(4096)}})});
  all.push_back({"lvm, its second metadata alone", kSize, "LVM2_metadata",
                 written({{63 * kMiB, lvm_metadata(63 * kMiB)}})});
  all.push_back({"lvm, its second metadata alone, on an odd size", kSize + 700 * kKiB,
                 "LVM2_metadata", written({{63 * kMiB, lvm_metadata(63 * kMiB)}})});
  all.push_back(
      {"lvm, its text alone", kSize, "", written({{5 * kKiB, "vg0 {\nid = \"x\"\nseqno = 1\n"}})});
  all.push_back({"lvm 1", kSize, "LVM1_member", written({{0, std::string("HM\x01\0", 4)}})});
  all.push_back({"lvm snapshot's exceptions", kSize, "DM_snapshot_cow",
                 written({{0, std::string("SnAp\x01\0\0\0", 8)}})});
  all.push_back({"vdo", kSize, "vdo", written({{0, "dmvdo001"}})});
  all.push_back({"stratis", kSize, "", written({{512 + 4, "!Stra0tis\x86\xff\x02^\x41rh"}})});
  all.push_back({"stratis, its second block alone", kSize, "",
                 written({{9 * 512 + 4, "!Stra0tis\x86\xff\x02^\x41rh"}})});
  all.push_back({"drbd 8", kSize, "drbd", written({{-4096 + 60, "\x83\x74\x02\x6b"}})});
  all.push_back({"drbd 9", kSize, "drbd", written({{-4096 + 60, "\x83\x74\x02\x6d"}})});
  all.push_back({"drbd proxy's log", kSize, "drbdproxy_datalog", written({{0, "DRBDdlh*"}})});
}

void add_md(Specimens& all) {
  const std::string type = "linux_raid_member";
  for (const std::uint64_t size_bytes : {kSize, kSize + 500 * kKiB, 3 * kGiB + 512}) {
    const std::string on = " on " + std::to_string(size_bytes) + " bytes";
    const auto old = static_cast<std::int64_t>(size_bytes / (64 * kKiB) * 64 * kKiB - 64 * kKiB);
    const std::uint64_t end = (size_bytes / 512 - 16) / 8 * 8 * 512;
    all.push_back({"md 0.90" + on, size_bytes, type, written({{old, md_superblock(0, 0)}})});
    all.push_back({"md 1.0" + on, size_bytes, type,
                   written({{static_cast<std::int64_t>(end), md_superblock(1, end)}})});
  }
  all.push_back({"md 1.1", kSize, type, written({{0, md_superblock(1, 0)}})});
  all.push_back({"md 1.2", kSize, type, written({{4096, md_superblock(1, 4096)}})});
  all.push_back({"md 1.2, its bitmap alone", kSize, "", written({{8192, "bitm\x04"}})});
  std::string wrong = md_superblock(1, 4096);
  put(wrong, 216, 0, 4);
  all.push_back({"md 1.2 with a wrong checksum", kSize, type, written({{4096, wrong}})});
  all.push_back({"md 1.0 in a partition whose table is gone", kSize, "",
                 placed(kMiB, 62 * kMiB,
                        written({{62 * kMiB - 8 * kKiB, md_superblock(1, 62 * kMiB - 8 * kKiB)},
                                 {1024, "data"}}))});
}

void add_zfs(Specimens& all) {
  constexpr std::uint64_t kLabel = 256 * kKiB;
  const std::uint64_t size_bytes = kSize + 500 * kKiB;  // the end is rounded down
  const std::uint64_t end = size_bytes / kLabel * kLabel;
  int number = 0;
  for (const std::uint64_t at : {std::uint64_t{0}, kLabel, end - 2 * kLabel, end - kLabel}) {
    const auto place = static_cast<std::int64_t>(at);
    const std::string name = "zfs, label " + std::to_string(number++) + " alone";
    all.push_back({name, size_bytes, "zfs_member", written({{place, zfs_label()}})});
    all.push_back(
        {name + ", big-endian", size_bytes, "zfs_member", written({{place, zfs_label(true)}})});
    all.push_back({name + ", in a partition whose table is gone", size_bytes + kMiB, "",
                   placed(kMiB, size_bytes, written({{place, zfs_label()}}))});
  }
  all.push_back({"zfs, all its labels", size_bytes, "zfs_member",
                 written({{0, zfs_label()},
                          {kLabel, zfs_label()},
                          {static_cast<std::int64_t>(end - 2 * kLabel), zfs_label()},
                          {static_cast<std::int64_t>(end - kLabel), zfs_label()}})});
}

}  // namespace

Specimens volumes() {
  Specimens all;
  add_luks(all);
  add_lvm(all);
  add_md(all);
  add_zfs(all);
  return all;
}

}  // namespace joist::disk
