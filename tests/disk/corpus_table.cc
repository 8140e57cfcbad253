#include "tests/disk/blocks.h"
#include "tests/disk/corpus.h"

namespace joist::disk {
namespace {

using support::Image;

constexpr std::uint64_t kSize = 64 * kMiB;

// Which parts of a GPT are there.
struct Parts {
  bool protective = true;
  bool primary = true;
  bool backup = true;
};

// By hand, since no tool makes one in sectors other than the file's.
Make gpt(std::uint64_t sector_bytes, Parts parts = {}, bool with_partition = true) {
  return [=](const Image& image) {
    const std::uint64_t last = image.size_bytes() / sector_bytes - 1;
    const std::uint64_t length = 16 * kKiB / sector_bytes;
    const std::string entries = with_partition ? gpt_entries(kMiB / sector_bytes, last - length - 1)
                                               : std::string(16 * kKiB, '\0');
    if (parts.protective) image.write(0, protective_mbr());
    if (parts.primary) {
      image.write(sector_bytes, gpt_header(1, last, 2, last - length - 1, entries));
      image.write(2 * sector_bytes, entries);
    }
    if (parts.backup) {
      image.write(last * sector_bytes,
                  gpt_header(last, 1, last - length, last - length - 1, entries));
      image.write((last - length) * sector_bytes, entries);
    }
  };
}

void add_gpt(Specimens& all, std::uint32_t sector_bytes) {
  const std::string name = "gpt in sectors of " + std::to_string(sector_bytes);
  const auto add = [&](const std::string& what, const Make& make, const std::string& type = "gpt") {
    all.push_back({name + what, kSize, type, make, sector_bytes});
  };
  add("", gpt(sector_bytes));
  add(" without partitions", gpt(sector_bytes, {}, false));
  add(", its backup alone", gpt(sector_bytes, {false, false, true}));
  add(", its backup alone, without partitions", gpt(sector_bytes, {false, false, true}, false));
  add(", its primary alone", gpt(sector_bytes, {false, true, false}));
  add(", its protective MBR alone", gpt(sector_bytes, {true, false, false}), "PMBR");
  add(" without its protective MBR", gpt(sector_bytes, {false, true, true}));
  add(" whose primary is damaged", both(gpt(sector_bytes), written({{sector_bytes + 16, "????"}})));
  add(" without headers",
      zeroed(gpt(sector_bytes),
             {{0, 512}, {sector_bytes, 512}, {-std::int64_t{sector_bytes}, 512}}),
      "");
  add(", its backup's entries alone",
      zeroed(gpt(sector_bytes, {false, false, true}), {{-std::int64_t{sector_bytes}, 512}}), "");
}

Make sfdisk(const std::string& script) { return made("printf \"" + script + "\" | sfdisk -q $0"); }

void add_other_tables(Specimens& all) {
  all.push_back({"dos", kSize, "dos", sfdisk("label: dos\\n,\\n")});
  all.push_back({"dos without partitions", kSize, "dos", sfdisk("label: dos\\n")});
  all.push_back({"dos with logical partitions", kSize, "dos",
                 sfdisk("label: dos\\n,16M\\n,,E\\n,16M\\n,\\n")});
  all.push_back({"dos, its extended partition's table alone", kSize, "",
                 zeroed(sfdisk("label: dos\\n,,E\\n,16M\\n,\\n"), {{0, 512}})});
  all.push_back({"boot code alone", kSize, "", written({{0, "\xeb\x63\x90\x10\x8e\xd0"}})});
  all.push_back({"GRUB's second stage alone", kSize, "", written({{512, "\x52\xe8\x28\x01"}})});
  all.push_back({"sgi", kSize, "sgi", sfdisk("label: sgi\\n")});
  all.push_back({"sun", kSize, "sun", sfdisk("label: sun\\n")});
  all.push_back({"gpt by sfdisk", kSize, "gpt", sfdisk("label: gpt\\n,16M\\n,\\n")});
  all.push_back({"gpt after wipefs", kSize, "",
                 zeroed(sfdisk("label: gpt\\n,\\n"), {{510, 2}, {512, 8}, {-512, 8}})});
  all.push_back({"gpt whose disk has grown", kSize, "gpt",
                 placed(0, 32 * kMiB, sfdisk("label: gpt\\n,\\n"))});
  // Apple's Inside Macintosh: Devices, 3.
  std::string driver(512, '\0');
  put(driver, 0, "ER");
  put_big(driver, 2, 512, 2);
  std::string entry(512, '\0');
  put(entry, 0, "PM");
  put_big(entry, 4, 1, 4);
  put_big(entry, 8, 1, 4);
  put_big(entry, 12, 63, 4);
  put(entry, 48, "Apple_partition_map");
  all.push_back({"mac", kSize, "mac", written({{0, driver}, {512, entry}})});
  // FreeBSD, sys/sys/disklabel.h.
  std::string label(512, '\0');
  put(label, 0, 0x82564557, 4);
  put(label, 132, 0x82564557, 4);
  all.push_back({"bsd", kSize, "", written({{512, label}})});
  // Windows' dynamic disks: a database in the last MiB (linux-ntfs, "LDM").
  all.push_back({"ldm, its last header alone", kSize, "", written({{-512, "PRIVHEAD"}})});
  all.push_back({"ldm, its first header alone", kSize, "", written({{3072, "PRIVHEAD"}})});
  all.push_back({"ldm, its second header alone", kSize, "", written({{-98'304, "PRIVHEAD"}})});
}

// What stands in a partition, and what is left of it once its table is gone.
void add_nested(Specimens& all) {
  struct Nested {
    std::string name;
    std::string type;
    std::uint64_t size_bytes;
    Make make;
  };
  const std::vector<Nested> nested{
      {"ext4", "ext4", 600 * kMiB, made("mke2fs -q -F -t ext4 $0")},
      {"xfs", "xfs", 600 * kMiB, made("mkfs.xfs -q $0")},
      {"btrfs", "btrfs", 256 * kMiB, made("mkfs.btrfs -q -f $0")},
      {"ntfs", "ntfs", 256 * kMiB, made("mkntfs -q -F -Q -s 512 -p 2048 -H 1 -S 1 $0")},
      {"swap", "swap", 256 * kMiB, made("mkswap -q $0")},
      {"luks2", "crypto_LUKS", 256 * kMiB,
       made("printf secret | cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 "
            "--pbkdf-force-iterations 1000 $0 -")},
      {"lvm", "LVM2_member", 256 * kMiB,
       written({{512, lvm_label(1)}, {4096, lvm_metadata(4096)}})},
      {"bluestore", "ceph_bluestore", 256 * kMiB, written({{0, bluestore_label()}})},
  };
  for (const auto& [name, type, size_bytes, make] : nested) {
    const std::uint64_t disk_bytes = size_bytes + 2 * kMiB;
    const std::string sectors = std::to_string(size_bytes / 512);
    const Make inside = placed(kMiB, size_bytes, make);
    for (const std::string table : {"gpt", "dos"}) {
      const Make with_table = both(sfdisk(std::string("label: ")
                                              .append(table)
                                              .append("\\n2048,")
                                              .append(sectors)
                                              .append("\\n")),
                                   inside);
      all.push_back({name + " in a partition of " + table, disk_bytes, type, with_table});
    }
    all.push_back({name + " in a partition whose table is gone", disk_bytes, type, inside});
  }
  all.push_back({"ext4 in a partition whose table and head are gone", 602 * kMiB, "ext4",
                 zeroed(placed(kMiB, 600 * kMiB, nested[0].make), {{0, 8 * kMiB}})});
  all.push_back({"btrfs in a partition whose table and head are gone", 258 * kMiB, "btrfs",
                 zeroed(placed(kMiB, 256 * kMiB, nested[2].make), {{0, 8 * kMiB}})});
  all.push_back({"xfs in a partition whose table and head are gone", 602 * kMiB, "",
                 zeroed(placed(kMiB, 600 * kMiB, nested[1].make), {{0, 8 * kMiB}})});
  all.push_back({"ext4 in the second partition", 602 * kMiB, "ext4",
                 both(sfdisk("label: gpt\\n2048,409600\\n411648,614400\\n"),
                      placed(201 * kMiB, 300 * kMiB, made("mke2fs -q -F -t ext4 $0")))});
  all.push_back({"ext4 in a logical partition", 602 * kMiB, "ext4",
                 both(sfdisk("label: dos\\n2048,,E\\n4096,614400\\n"),
                      placed(2 * kMiB, 300 * kMiB, made("mke2fs -q -F -t ext4 $0")))});
  all.push_back({"ext4 in a partition at sector 63 whose table is gone", 302 * kMiB, "",
                 placed(63 * 512, 300 * kMiB, made("mke2fs -q -F -t ext4 $0"))});
}

// More than is listed (kSignaturesMax): what is not named is cleared as well.
void add_many(Specimens& all) {
  constexpr std::uint64_t kPartitions = 100;
  std::string page(4096, '\0');
  put(page, 1024, 1, 4);
  put(page, 1028, 255, 4);
  put(page, 4086, "SWAPSPACE2");
  all.push_back({"gpt with 100 partitions of swap", 256 * kMiB, "gpt",
                 both(made("(echo \"label: gpt\"; for i in $(seq 100); do echo \",1M\"; done) | "
                           "sfdisk -q $0"),
                      [page](const Image& image) {
                        for (std::uint64_t number = 0; number < kPartitions; ++number) {
                          image.write((1 + number) * kMiB, page);
                        }
                      })});
}

// What the ends of a first partition keep once its table and its head are gone, with the end of the
// disk, before a table of GPT, and aligned to MiB; each in a partition of its own size.
void add_ends(Specimens& all) {
  constexpr std::uint64_t kDisk = kGiB + 700 * kKiB;
  const auto zfs = [](std::uint64_t before_end_bytes) -> Make {
    return [=](const Image& image) {
      image.write(image.size_bytes() / (256 * kKiB) * 256 * kKiB - before_end_bytes, zfs_label());
    };
  };
  const Make md = [](const Image& image) {
    const std::uint64_t at = (image.size_bytes() / 512 - 16) / 8 * 8 * 512;
    image.write(at, md_superblock(1, at));
  };
  const Make lvm = [](const Image& image) {
    const std::uint64_t at = (image.size_bytes() - kMiB) / kMiB * kMiB;
    image.write(at, lvm_metadata(at));
  };
  const std::vector<std::pair<std::string, Make>> makes{
      {"xfs", made("mkfs.xfs -q -l size=64m $0")},
      {"ntfs", made("mkntfs -q -F -Q -s 512 -p 2048 -H 1 -S 1 $0")},
      {"md 1.0", md},
      {"lvm, its second metadata", lvm},
      {"zfs, its third label", zfs(512 * kKiB)},
      {"zfs, its fourth label", zfs(256 * kKiB)}};
  const std::vector<std::pair<std::string, std::uint64_t>> ends{
      {"with the disk", kDisk},
      {"before the table", kDisk - std::uint64_t{33} * 512},
      {"with a whole MiB", (kDisk - std::uint64_t{33} * 512) / kMiB * kMiB}};
  for (const auto& [name, make] : makes) {
    for (const auto& [where, end] : ends) {
      all.push_back({name + " in a headless partition that ends " + where, kDisk, "",
                     zeroed(placed(kMiB, end - kMiB, make), {{0, 10 * kMiB}})});
    }
  }
  // OpenZFS, zpool_label_disk(): a reserved partition of 8 MiB is behind.
  const std::uint64_t own = (kDisk - std::uint64_t{33} * 512 - 9 * kMiB) / kMiB * kMiB;
  for (const std::uint64_t label : {1U, 2U}) {
    all.push_back({"zfs on the whole disk, headless, label " + std::to_string(4 - label), kDisk,
                   "zfs_member", placed(kMiB, own, zfs(label * 256 * kKiB))});
  }
}

// A first partition holds nothing, and what is in the second has lost its table.
void add_behind_empty(Specimens& all) {
  const std::vector<std::pair<std::string, std::uint64_t>> starts{
      {"GRUB's", 2}, {"a NAS's", 4}, {"Windows's", 16}, {"an older Windows's", 129}};
  for (const auto& [whose, start] : starts) {
    const std::string name = " behind " + whose + " partition";
    const std::uint64_t at = start * kMiB;
    all.push_back({"ntfs" + name, kGiB + 7777 * kKiB / 2, "",
                   placed(at, 256 * kMiB, made("mkntfs -q -F -Q -s 512 -p 2048 -H 1 -S 1 $0"))});
    all.push_back({"ext4" + name, kGiB + 7777 * kKiB / 2, "",
                   placed(at, 256 * kMiB, made("mke2fs -q -F -t ext4 $0"))});
    all.push_back({"btrfs" + name, kGiB + 7777 * kKiB / 2, "",
                   placed(at, 256 * kMiB, made("mkfs.btrfs -q -f $0"))});
    all.push_back({"luks2" + name, kGiB + 7777 * kKiB / 2, "",
                   placed(at, 64 * kMiB, written({{0, "LUKS\xba\xbe"}}))});
  }
}

}  // namespace

Specimens tables() {
  Specimens all;
  add_gpt(all, 512);
  add_gpt(all, 4096);
  add_other_tables(all);
  add_nested(all);
  add_many(all);
  add_ends(all);
  add_behind_empty(all);
  return all;
}

}  // namespace joist::disk
