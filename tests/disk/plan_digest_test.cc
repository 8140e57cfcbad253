// Goal: a consent is worth nothing once anything changed that it was given for, and keeps its worth
// where nothing did. Method: change one thing at a time, and compare digests.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "tests/disk/plan_ground.h"

namespace joist::disk {
namespace {

PlanGround ground_for_digest() {
  v1::StorageUse use = use_of("l", v1::STORAGE_USE_KIND_LOCAL);
  use.mutable_disks()->add_models("MODEL-sda");
  use.set_mount_point("/data");
  v1::StorageUse rest = use_of("rest", v1::STORAGE_USE_KIND_WIPE);
  const auto disk = with(foreign("sda"), [](ClassifiedDisk& changed) {
    Signature& signature = (*changed.probe)->signatures[0];
    signature.owner = "ext";
    signature.device = "sda";
    (*changed.probe)->partitions.push_back({"sda1", 1 << 20, 1 << 30, "0x83"});
  });
  return ground_of({disk, foreign("sdb"), blank("sdc")}, {use, rest});
}

using Change = std::function<void(PlanGround&)>;

Change of_disk(const std::function<void(Disk&)>& change) {
  return [change](PlanGround& ground) { change(ground.disks[0].disk); };
}

Change of_reading(const std::function<void(ProbeResult&)>& change) {
  return [change](PlanGround& ground) { change(**ground.disks[0].probe); };
}

Change of_signature(const std::function<void(Signature&)>& change) {
  return of_reading([change](ProbeResult& found) { change(found.signatures[0]); });
}

Change of_partition(const std::function<void(Partition&)>& change) {
  return of_reading([change](ProbeResult& found) { change(found.partitions[0]); });
}

Change of_use(const std::function<void(v1::StorageUse&)>& change) {
  return [change](PlanGround& ground) { change(*ground.spec.mutable_uses(0)); };
}

struct Row {
  const char* what;
  Change change;
};

TEST(PlanDigest, ChangesWithWhatThePlanIsOf) {
  const std::vector<Row> rows{
      {"identity", of_disk([](Disk& disk) { disk.id += "x"; })},
      {"size", of_disk([](Disk& disk) { disk.size_bytes += 512; })},
      {"sector size", of_disk([](Disk& disk) { disk.logical_sector_bytes = 4096; })},
      {"size read", of_reading([](ProbeResult& found) { found.size_bytes += 512; })},
      {"sectors read", of_reading([](ProbeResult& found) { found.logical_sector_bytes = 4096; })},
      {"truncated", of_reading([](ProbeResult& found) { found.truncated = true; })},
      {"content", of_reading([](ProbeResult& found) { found.content_digest[31] ^= 1; })},
      {"another signature",
       of_reading([](ProbeResult& found) { found.signatures.push_back(found.signatures[0]); })},
      {"type", of_signature([](Signature& one) { one.type = "ext3"; })},
      {"usage", of_signature([](Signature& one) { one.usage = "raid"; })},
      {"offset", of_signature([](Signature& one) { ++one.offset_bytes; })},
      {"length", of_signature([](Signature& one) { ++one.length_bytes; })},
      {"label", of_signature([](Signature& one) { one.label = "date"; })},
      {"uuid", of_signature([](Signature& one) { one.uuid += "x"; })},
      {"owner", of_signature([](Signature& one) { one.owner = "lvm2"; })},
      {"label to uuid",
       of_signature([](Signature& one) { one.uuid = std::exchange(one.label, {}) + one.uuid; })},
      {"another partition",
       of_reading([](ProbeResult& found) { found.partitions.push_back(found.partitions[0]); })},
      {"no partition", of_reading([](ProbeResult& found) { found.partitions.clear(); })},
      {"start", of_partition([](Partition& one) { one.start_bytes += 512; })},
      {"partition's size", of_partition([](Partition& one) { one.size_bytes += 512; })},
      {"partition's type", of_partition([](Partition& one) { one.type = "0x8e"; })},
      {"use's name", of_use([](v1::StorageUse& use) { use.set_name("m"); })},
      {"kind", of_use([](v1::StorageUse& use) { use.set_kind(v1::STORAGE_USE_KIND_WIPE); })},
      {"kind with the same steps",
       of_use([](v1::StorageUse& use) { use.set_kind(v1::STORAGE_USE_KIND_LONGHORN_V1); })},
      {"zero", of_use([](v1::StorageUse& use) { use.set_wipe(v1::WIPE_METHOD_ZERO); })},
      {"discard", of_use([](v1::StorageUse& use) { use.set_wipe(v1::WIPE_METHOD_DISCARD); })},
      {"file system", of_use([](v1::StorageUse& use) { use.set_filesystem(v1::FILESYSTEM_EXT4); })},
      {"mount point", of_use([](v1::StorageUse& use) { use.set_mount_point("/date"); })},
      {"host", [](PlanGround& ground) { ground.host = "host-2"; }},
      {"fewer disks", [](PlanGround& ground) { ground.only = {"sda"}; }},
      {"other disks", [](PlanGround& ground) { ground.only = {"sdb"}; }},
  };
  std::set<std::string> digests{plan_disks(ground_for_digest()).digest()};
  for (const Row& row : rows) {
    PlanGround ground = ground_for_digest();
    row.change(ground);
    const std::string digest = plan_disks(ground).digest();
    EXPECT_EQ(digest.size(), 32U) << row.what;
    EXPECT_TRUE(digests.insert(digest).second) << row.what;
  }
}

TEST(PlanDigest, StaysWhereNothingIsDoneOtherwise) {
  const std::vector<Row> rows{
      {"kernel name",
       [](PlanGround& ground) {
         ground.disks[0].disk.name = "sdz";
         ProbeResult& found = **ground.disks[0].probe;
         found.signatures[0].device = "sdz";
         found.partitions[0].name = "sdz1";
       }},
      {"attachment",
       [](PlanGround& ground) {
         ground.disks[0].disk.diskseq = 99;
         (*ground.disks[0].probe)->diskseq = 99;
       }},
      {"when it was read",
       of_reading([](ProbeResult& found) { found.asked.wall += std::chrono::hours(1); })},
      {"order", [](PlanGround& ground) { std::ranges::reverse(ground.disks); }},
      {"links", of_disk([](Disk& disk) { disk.by_path = {"/dev/disk/by-path/x"}; })},
      {"a blank disk goes", [](PlanGround& ground) { ground.disks.pop_back(); }},
      {"a disk in use comes",
       [](PlanGround& ground) { ground.disks.push_back(mounted_at(foreign("sdd"), "/mnt")); }},
      {"a disk in use changes",
       [](PlanGround& ground) { ground.disks[2] = mounted_at(blank("sdc"), "/mnt"); }},
      {"a use that takes nothing",
       [](PlanGround& ground) {
         *ground.spec.add_uses() = use_of("last", v1::STORAGE_USE_KIND_LOCAL);
       }},
      {"the same file system, written down",
       of_use([](v1::StorageUse& use) { use.set_filesystem(v1::FILESYSTEM_XFS); })},
      {"the same place, written otherwise",
       of_use([](v1::StorageUse& use) { use.set_mount_point("//data/./"); })},
      {"all by name",
       [](PlanGround& ground) {
         ground.only = {"sda", "sdb"};
       }},
  };
  const std::string digest = plan_disks(ground_for_digest()).digest();
  for (const Row& row : rows) {
    PlanGround ground = ground_for_digest();
    row.change(ground);
    EXPECT_EQ(plan_disks(ground).digest(), digest) << row.what;
  }
}

TEST(PlanDigest, IsEmptyWhereNothingIsDone) {
  EXPECT_EQ(plan_disks(ground_of({}, {})).digest(), "");
  EXPECT_EQ(plan_disks(ground_of({blank("sda")}, {})).digest(), "");
  EXPECT_EQ(plan_digest("host", v1::DiskPlan()), "");
}

}  // namespace
}  // namespace joist::disk
