#include "tests/disk/blocks.h"
#include "tests/disk/corpus.h"

namespace joist::disk {

Specimens platforms() {
  Specimens all;
  constexpr std::uint64_t kSize = 1001 * kGiB;
  const std::string label = bluestore_label();
  for (const std::int64_t at : {0, 1, 10, 100, 1000}) {
    const std::string name = "bluestore, its label at " + std::to_string(at) + " GiB alone";
    const auto place = at * static_cast<std::int64_t>(kGiB);
    all.push_back({name, kSize, "ceph_bluestore", written({{place, label}})});
    all.push_back(
        {name + ", damaged", kSize, "", written({{place, label}, {place, std::string(22, '\0')}})});
  }
  all.push_back({"bluestore, all its labels", kSize, "ceph_bluestore",
                 written({{0, label},
                          {kGiB, label},
                          {10 * kGiB, label},
                          {100 * kGiB, label},
                          {1000 * kGiB, label}})});
  all.push_back({"bluestore on 20 GiB, its last label alone", 20 * kGiB, "ceph_bluestore",
                 written({{10 * kGiB, label}})});
  all.push_back(
      {"bluestore, its superblock of BlueFS alone", kSize, "", written({{4096, "\x01\x01\x4d"}})});
  all.push_back({"bluestore in a partition, its label at 1 GiB alone", 20 * kGiB, "ceph_bluestore",
                 written({{static_cast<std::int64_t>(kGiB + kMiB), label}})});

  all.push_back({"spdk", 64 * kMiB, "spdk_blob", written({{0, spdk_block()}})});
  all.push_back({"spdk, damaged", 64 * kMiB, "spdk_blob", written({{0, "SPDKBLOB"}})});
  all.push_back(
      {"spdk without its magic", 64 * kMiB, "", zeroed(written({{0, spdk_block()}}), {{0, 8}})});
  all.push_back({"spdk without its superblock", 64 * kMiB, "", written({{8192, "\x01\x02"}})});

  all.push_back({"vmfs", 64 * kMiB, "VMFS", written({{2 * kMiB, "\x5e\xf1\xab\x2f"}})});
  all.push_back(
      {"vmfs's volume", 64 * kMiB, "VMFS_volume_member", written({{kMiB, "\x0d\xd0\x01\xc0"}})});
  all.push_back({"drbdmanage", 64 * kMiB, "",
                 written({{0, "$DRBDmgr=q5f1c1d5e000040008000000000000001\n"}})});
  return all;
}

}  // namespace joist::disk
