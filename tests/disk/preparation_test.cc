// Goal: DisksPrepared is True only where every use has its disks and nothing is left to do. Method:
// a table of grounds, each with the ruling it must get.
#include "disk/preparation.h"

#include <gtest/gtest.h>

#include "disk/judge.h"
#include "tests/disk/plan_ground.h"

namespace joist::disk {
namespace {

const v1::StorageUse kOsd = use_of("osd", v1::STORAGE_USE_KIND_CEPH_RAW);
const v1::StorageUse kScratch = use_of("scratch", v1::STORAGE_USE_KIND_LOCAL);

v1::StorageUse counted(v1::StorageUse use, std::uint32_t count) {
  use.mutable_disks()->set_count(count);
  return use;
}

v1::StorageUse mounted_on(v1::StorageUse use, const std::string& point) {
  use.set_mount_point(point);
  return use;
}

v1::Condition judge_ground(const PlanGround& ground,
                           v1::ConditionStatus inventoried = v1::CONDITION_STATUS_TRUE,
                           const std::string& reason = "Inventoried") {
  v1::Condition known;
  known.set_type("DisksInventoried");
  known.set_status(inventoried);
  known.set_reason(reason);
  known.set_message("2 disks");
  known.add_blocks("storage");
  known.mutable_evidence()->set_source("somewhere");
  return judge_preparation(ground, known);
}

std::string said(const v1::Condition& condition) {
  const std::string status = condition.status() == v1::CONDITION_STATUS_TRUE    ? "True"
                             : condition.status() == v1::CONDITION_STATUS_FALSE ? "False"
                                                                                : "Unknown";
  return status + " " + condition.reason() + ": " + condition.message();
}

// With the file system that the use makes of it, mounted.
ClassifiedDisk settled(const std::string& name, const v1::StorageUse& use) {
  const auto plan = plan_disks(ground_of({blank(name)}, {use}));
  auto disk = with(blank(name), [&](ClassifiedDisk& made) {
    (*made.probe)->signatures = {signature_of("xfs", plan.disks(0).filesystem_uuid())};
  });
  return mounted_at(std::move(disk), plan.disks(0).mount_point());
}

ClassifiedDisk unmounted(const std::string& name, const v1::StorageUse& use) {
  auto disk = settled(name, use);
  disk.disk.uses.clear();
  return classified(disk.disk, disk.probe);
}

TEST(DisksPrepared, IsTrueOnlyWhereNothingIsLeftToDo) {
  const auto system = mounted_at(foreign("sda"), "/", true);
  struct Row {
    PlanGround ground;
    std::string expected;
  };
  const std::vector<Row> rows{
      {ground_of({system}, {}), "True NothingToPrepare: storage.uses asks for nothing."},
      {ground_of({system, blank("sdb"), blank("sdc")}, {kOsd}),
       "True Prepared: The disks are as storage.uses wants them: osd 2."},
      {ground_of({system, settled("sdb", kScratch)}, {kScratch}),
       "True Prepared: The disks are as storage.uses wants them: scratch 1."},
      {ground_of({system, unmounted("sdb", kScratch)}, {kScratch}),
       "False StepsLeft: sdb is not yet as storage.uses wants: mount it at "},
      {ground_of({system, foreign("sdb"), foreign("sdc"), foreign("sdd"), foreign("sde")}, {kOsd}),
       "False StepsLeft: sdb, sdc, sdd and 1 more are not yet as storage.uses wants: save, zero"},
      {ground_of({system, blank("sdb")}, {counted(kOsd, 2)}),
       "False TooFewDisks: use osd wants 2 disks; 1 can be had"},
      {ground_of({system}, {kOsd}), "False NoDisks: use osd has no disk"},
      {ground_of({}, {kOsd}), "False NoDisks: use osd has no disk"},
      {ground_of({system}, {use_of("none", v1::STORAGE_USE_KIND_WIPE)}),
       "True Prepared: The disks are as storage.uses wants them: none 0."},
      {ground_of({system, foreign("sdb")}, {use_of("mine", v1::STORAGE_USE_KIND_KEEP)}),
       "True Prepared"},
      {ground_of({system, blank("sdb")}, {mounted_on(kScratch, "/etc")}),
       "False DisksRefused: sda, sdb: mount_point /etc is the system's"},
  };
  for (const Row& row : rows) {
    const std::string what = said(judge_ground(row.ground));
    EXPECT_TRUE(what.starts_with(row.expected)) << what << "\n  not: " << row.expected;
  }
}

TEST(DisksPrepared, IsUnknownWhileTheDisksAre) {
  const auto ground = ground_of({blank("sdb")}, {kOsd});
  const auto unknown = judge_ground(ground, v1::CONDITION_STATUS_UNKNOWN, "Stale");
  EXPECT_EQ(said(unknown), "Unknown DisksNotKnown: Not known while the disks are not: 2 disks");
  const auto no_system = judge_ground(ground, v1::CONDITION_STATUS_FALSE, "SystemDiskUnknown");
  EXPECT_EQ(no_system.status(), v1::CONDITION_STATUS_UNKNOWN);
  const auto first = judge_ground(ground, v1::CONDITION_STATUS_UNKNOWN, std::string(kBeingRead));
  EXPECT_EQ(first.reason(), kBeingRead);
}

TEST(DisksPrepared, IsUnknownWhereThePlanWouldBeOfNoHost) {
  auto ground = ground_of({blank("sdb")}, {kOsd});
  ground.host.clear();
  EXPECT_EQ(judge_ground(ground).reason(), "HostNotKnown");
}

TEST(DisksPrepared, HasTheEvidenceOfTheLookAndSaysWhatMendsIt) {
  const auto left = judge_ground(ground_of({foreign("sdb")}, {kOsd}));
  EXPECT_EQ(left.type(), "DisksPrepared");
  EXPECT_EQ(left.remedy(), v1::REMEDY_NEEDS_CONSENT);
  EXPECT_EQ(left.blocks(0), "storage");
  EXPECT_EQ(left.evidence().source(), "somewhere");
}

}  // namespace
}  // namespace joist::disk
