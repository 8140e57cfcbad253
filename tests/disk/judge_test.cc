#include "disk/judge.h"

#include <gtest/gtest.h>

namespace joist::disk {
namespace {

using std::chrono::seconds;

constexpr Moment kNow{WallTime(seconds(1'700'000'000)), seconds(1000)};

ClassifiedDisk disk_of(v1::DiskClass disk_class, std::string code) {
  ClassifiedDisk disk;
  disk.disk.name = "sdb";
  disk.verdict = {disk_class, {{std::move(code), "because"}}};
  return disk;
}

ClassifiedDisk read(v1::DiskClass disk_class, std::string code, seconds age = seconds(0)) {
  ClassifiedDisk disk = disk_of(disk_class, std::move(code));
  disk.probe = Result<ProbeResult>(ProbeResult{});
  (*disk.probe)->asked = {kNow.wall - age, kNow.boot - age};
  return disk;
}

InventoryTaken taken_at(Moment when, std::vector<ClassifiedDisk> disks) {
  InventoryTaken taken;
  taken.inventory.observed = when;
  taken.disks = std::move(disks);
  return taken;
}

// Somebody tried to read it.
ClassifiedDisk tried(v1::DiskClass disk_class, std::string code) {
  ClassifiedDisk disk = disk_of(disk_class, std::move(code));
  disk.probe = Result<ProbeResult>(fail(ErrorCode::Unavailable, "because"));
  return disk;
}

v1::Condition judge_taken(InventoryTaken taken) { return judge(Look(std::move(taken)), kNow); }

TEST(DisksInventoried, IsUnknownWhereTheDisksCannotBeLookedAt) {
  Moment began = kNow;
  began.boot -= seconds(2);
  const auto condition =
      judge(tl::unexpected(
                LookFailed{{ErrorCode::Io, "list /sys/class/block: Input/output error"}, began}),
            kNow);
  EXPECT_EQ(condition.type(), "DisksInventoried");
  EXPECT_EQ(condition.status(), v1::CONDITION_STATUS_UNKNOWN);
  EXPECT_EQ(condition.reason(), "ObservationFailed");
  EXPECT_NE(condition.message().find("/sys/class/block"), std::string::npos);
  // The look that begins now is newer than this evidence.
  EXPECT_EQ(condition.evidence().observed_boottime().seconds(), 998);
}

TEST(DisksInventoried, IsTrueWithEvidence) {
  const auto condition =
      judge_taken(taken_at(kNow, {disk_of(v1::DISK_CLASS_SYSTEM, "SystemMount"),
                                  read(v1::DISK_CLASS_BLANK, "NothingFound"),
                                  read(v1::DISK_CLASS_FOREIGN, "HasSignature", seconds(80)),
                                  read(v1::DISK_CLASS_FOREIGN, "HasData")}));
  EXPECT_EQ(condition.status(), v1::CONDITION_STATUS_TRUE);
  EXPECT_EQ(condition.reason(), "Inventoried");
  EXPECT_EQ(condition.message(), "4 disks: 1 system, 2 foreign, 1 blank.");
  EXPECT_EQ(condition.evidence().value(),
            "3 of 4 read, the oldest reading of 2023-11-14T22:12:00Z, 1 not to be used anyway");
  EXPECT_EQ(condition.evidence().observed_time().seconds(), 1'700'000'000);
  EXPECT_EQ(condition.evidence().observed_boottime().seconds(), 1000);
  EXPECT_EQ(condition.evidence().time_to_live().seconds(), 180);
  EXPECT_EQ(condition.severity(), v1::SEVERITY_BLOCKING);
}

TEST(DisksInventoried, SaysWhereChangesShowLate) {
  InventoryTaken taken = taken_at(kNow, {disk_of(v1::DISK_CLASS_BLANK, "NothingFound")});
  taken.late = "listen for block device events: Operation not permitted";
  const auto condition = judge_taken(taken);
  EXPECT_EQ(condition.status(), v1::CONDITION_STATUS_TRUE);
  EXPECT_EQ(condition.message(), "1 disk: 1 blank; changes show late: " + taken.late + ".");
}

TEST(DisksInventoried, IsFalseWhileTheSystemDiskIsUnknown) {
  InventoryTaken taken = taken_at(kNow, {disk_of(v1::DISK_CLASS_SYSTEM, "SystemDiskUnknown")});
  taken.inventory.system_unresolved = "/ (zfs) cannot be traced";
  const auto condition = judge_taken(taken);
  EXPECT_EQ(condition.status(), v1::CONDITION_STATUS_FALSE);
  EXPECT_EQ(condition.reason(), "SystemDiskUnknown");
  EXPECT_EQ(condition.evidence().value(), "0 of 1 read, 1 not to be used anyway, / not traced");
  EXPECT_EQ(condition.remedy(), v1::REMEDY_NONE);
}

TEST(DisksInventoried, IsUnknownWhileADiskWaitsToBeRead) {
  const auto condition =
      judge_taken(taken_at(kNow, {disk_of(v1::DISK_CLASS_SYSTEM, "SystemMount"),
                                  disk_of(v1::DISK_CLASS_FOREIGN, "NotProbed")}));
  EXPECT_EQ(condition.status(), v1::CONDITION_STATUS_UNKNOWN);
  EXPECT_EQ(condition.reason(), kBeingRead);
  EXPECT_EQ(condition.evidence().value(), "0 of 2 read, 1 not to be used anyway");
}

TEST(DisksInventoried, IsUnknownWhileADiskCouldNotBeRead) {
  const auto condition = judge_taken(taken_at(kNow, {disk_of(v1::DISK_CLASS_FOREIGN, "NotProbed"),
                                                     tried(v1::DISK_CLASS_FOREIGN, "NotProbed")}));
  EXPECT_EQ(condition.status(), v1::CONDITION_STATUS_UNKNOWN);
  EXPECT_EQ(condition.reason(), "DisksNotProbed");
  EXPECT_NE(condition.message().find("sdb: because"), std::string::npos) << condition.message();
}

TEST(DisksInventoried, DoesNotWaitForADiskThatCannotBeRead) {
  EXPECT_EQ(judge_taken(taken_at(kNow, {disk_of(v1::DISK_CLASS_FOREIGN, "Unreadable")})).status(),
            v1::CONDITION_STATUS_TRUE);
}

TEST(DisksInventoried, GoesStaleByTheBootClock) {
  Moment observed = kNow;
  observed.boot -= kInventoryTimeToLive;
  observed.wall -= std::chrono::hours(48);  // the wall clock jumped: that is no age
  EXPECT_EQ(judge_taken(taken_at(observed, {})).status(), v1::CONDITION_STATUS_TRUE);
  observed.boot -= seconds(1);
  const auto condition = judge_taken(taken_at(observed, {}));
  EXPECT_EQ(condition.status(), v1::CONDITION_STATUS_UNKNOWN);
  EXPECT_EQ(condition.reason(), "Stale");
}

}  // namespace
}  // namespace joist::disk
