#include "tests/disk/blocks.h"
#include "tests/disk/corpus.h"

namespace joist::disk {
namespace {

constexpr std::uint64_t kHead = 8 * kMiB;  // what a stray dd takes

Make ext(const std::string& options) { return made("mke2fs -q -F " + options + " $0"); }

void add_ext(Specimens& all) {
  const Make ext4 = ext("-t ext4");
  all.push_back({"ext4", kGiB, "ext4", ext4});
  all.push_back({"ext4 after wipefs", kGiB, "ext4", zeroed(ext4, {{1080, 2}})});
  all.push_back({"ext4 without its first superblock", kGiB, "ext4", zeroed(ext4, {{0, 4 * kKiB}})});
  all.push_back({"ext4 without its first MiB", kGiB, "ext4", zeroed(ext4, {{0, kMiB}})});
  all.push_back({"ext4 without its head", kGiB, "ext4", zeroed(ext4, {{0, kHead}})});
  all.push_back({"ext4 without its head and tail", kGiB, "ext4",
                 zeroed(ext4, {{0, kHead}, {-static_cast<std::int64_t>(kMiB), kMiB}})});
  all.push_back({"ext4 with one superblock alone", 160 * kMiB, "ext4",
                 zeroed(ext("-t ext4 -b 4096"),
                        {{0, 128 * kMiB}, {128 * kMiB + 4 * kKiB, 32 * kMiB - 4 * kKiB}})});
  all.push_back({"ext4 in blocks of 1 KiB without its head", 256 * kMiB, "ext4",
                 zeroed(ext("-t ext4 -b 1024"), {{0, kHead}})});
  all.push_back({"ext4 in blocks of 2 KiB without its head", 256 * kMiB, "ext4",
                 zeroed(ext("-t ext4 -b 2048"), {{0, kHead}})});
  all.push_back({"ext2", 64 * kMiB, "ext2", ext("-t ext2")});
  all.push_back({"ext2 after wipefs", 64 * kMiB, "", zeroed(ext("-t ext2"), {{1080, 2}})});
  all.push_back({"ext3", 256 * kMiB, "ext3", ext("-t ext3")});
  all.push_back(
      {"ext3 without its head", 256 * kMiB, "ext3", zeroed(ext("-t ext3"), {{0, kHead}})});
  all.push_back({"ext4 with its groups described apart", 2 * kGiB, "ext4",
                 zeroed(ext("-t ext4 -O meta_bg,^resize_inode"), {{0, kHead}})});
  all.push_back({"ext4 with two copies only", 2 * kGiB, "ext4",
                 zeroed(ext("-t ext4 -O sparse_super2,^resize_inode"), {{0, kHead}})});
  all.push_back({"ext4 in clusters", 8 * kGiB, "ext4", ext("-t ext4 -O bigalloc")});
  all.push_back({"ext4 in clusters without its head", 9 * kGiB + 100 * kMiB, "ext4",
                 zeroed(ext("-t ext4 -O bigalloc"), {{0, kHead}})});
  all.push_back({"ext4 with the journal elsewhere", kGiB, "jbd", ext("-O journal_dev -b 4096")});
  all.push_back({"ext4 of 1 TiB without its head", kTiB, "ext4",
                 zeroed(ext("-t ext4 -N 4096 -E lazy_itable_init=1 -J size=4"), {{0, kHead}})});
}

void add_xfs(Specimens& all) {
  const Make xfs = made("mkfs.xfs -q $0");
  all.push_back({"xfs", 600 * kMiB, "xfs", xfs});
  all.push_back({"xfs after wipefs", 600 * kMiB, "xfs", zeroed(xfs, {{0, 4}})});
  all.push_back({"xfs without its first MiB", 600 * kMiB, "xfs", zeroed(xfs, {{0, kMiB}})});
  all.push_back({"xfs of a size that four does not divide", 600 * kMiB + 12 * kKiB, "xfs",
                 zeroed(xfs, {{0, kHead}})});
  all.push_back({"xfs of 6 TiB without its head", 6 * kTiB, "xfs",
                 zeroed(made("mkfs.xfs -q -l size=100m $0"), {{0, kHead}})});
  all.push_back({"xfs of older tools without its head", 600 * kMiB, "xfs",
                 zeroed(made("mkfs.xfs -q -m crc=0 $0"), {{0, kHead}})});
  all.push_back({"xfs in 32 groups without its head", 16 * kGiB, "",
                 zeroed(made("mkfs.xfs -q -d agcount=32 -l size=64m $0"), {{0, kHead}})});
  all.push_back({"xfs on stripes without its head", 16 * kGiB, "",
                 zeroed(made("mkfs.xfs -q -d su=64k,sw=4 -l size=64m $0"), {{0, kHead}})});
}

void add_btrfs(Specimens& all) {
  const Make btrfs = made("mkfs.btrfs -q -f $0");
  all.push_back({"btrfs", 256 * kMiB, "btrfs", btrfs});
  all.push_back({"btrfs after wipefs", 256 * kMiB, "btrfs", zeroed(btrfs, {{65600, 8}})});
  all.push_back({"btrfs without its head", 256 * kMiB, "btrfs", zeroed(btrfs, {{0, kHead}})});
  all.push_back({"btrfs without its first two superblocks", 300 * kGiB, "btrfs",
                 zeroed(btrfs, {{0, kHead}, {64 * kMiB, 4 * kKiB}})});
  all.push_back({"btrfs of mixed groups", 110 * kMiB, "btrfs", made("mkfs.btrfs -q -f -M $0")});
  all.push_back({"btrfs with xxhash", 256 * kMiB, "btrfs",
                 zeroed(made("mkfs.btrfs -q -f --csum xxhash $0"), {{0, kMiB}})});
}

void add_others(Specimens& all) {
  const std::string mkntfs = "mkntfs -q -F -Q -s 512 -p 0 -H 1 -S 1 $0";
  all.push_back({"ntfs", 64 * kMiB, "ntfs", made(mkntfs)});
  all.push_back({"ntfs after wipefs", 64 * kMiB, "ntfs", zeroed(made(mkntfs), {{3, 8}})});
  all.push_back({"ntfs without its head", 64 * kMiB, "ntfs", zeroed(made(mkntfs), {{0, kHead}})});
  all.push_back({"ntfs without its boot sectors", 64 * kMiB, "",
                 zeroed(made(mkntfs), {{0, 512}, {-512, 512}})});
  all.push_back({"swap", 64 * kMiB, "swap", made("mkswap -q $0")});
  all.push_back({"swap with a label alone", 64 * kMiB, "",
                 zeroed(made("mkswap -q -L archive $0"), {{4086, 10}})});
  all.push_back({"minix 1", 32 * kMiB, "minix", made("mkfs.minix -1 $0")});
  all.push_back({"minix 3", 64 * kMiB, "minix", made("mkfs.minix -3 $0")});
  all.push_back({"bfs", 32 * kMiB, "bfs", made("mkfs.bfs $0")});
}

// One is made over the other and does not cover it.
void add_layers(Specimens& all) {
  const Make ext4 = ext("-t ext4");
  const Make btrfs = made("mkfs.btrfs -q -f $0");
  all.push_back({"ext4 over btrfs", kGiB, "btrfs", both(btrfs, ext("-t ext4 -E nodiscard"))});
  all.push_back({"btrfs over ext4", kGiB, "btrfs", both(ext4, made("mkfs.btrfs -q -f -K $0"))});
  all.push_back(
      {"swap over xfs", 600 * kMiB, "swap", both(made("mkfs.xfs -q $0"), made("mkswap -q $0"))});
  all.push_back({"ext4 over ntfs", kGiB, "ext4",
                 both(made("mkntfs -q -F -Q -s 512 -p 0 -H 1 -S 1 $0"), ext4)});
}

}  // namespace

Specimens filesystems() {
  Specimens all;
  add_ext(all);
  add_xfs(all);
  add_btrfs(all);
  add_others(all);
  add_layers(all);
  return all;
}

}  // namespace joist::disk
