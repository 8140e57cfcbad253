#include "disk/health_judge.h"

#include <gtest/gtest.h>

#include "tests/support/health_document.h"

namespace joist::disk {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using support::health_report;

constexpr Moment kNow{WallTime(seconds(1'700'000'000)), hours(100)};
constexpr Moment kLongAgo{WallTime(seconds(1'690'000'000)), hours(10)};

Disk disk_of(const std::string& name, const std::string& transport) {
  Disk disk;
  disk.name = name;
  disk.kind = v1::DISK_KIND_PHYSICAL;
  disk.transport = transport;
  return disk;
}

HealthKnown known_of(const std::string& document, const std::string& name = "sda",
                     const std::string& transport = "sata") {
  return {.disk = disk_of(name, transport),
          .last = HealthHeard{HealthAnswer::Figures, ""},
          .report = health_report(document),
          .read = kNow};
}

HealthKnown silent(HealthAnswer answer, const std::string& why,
                   const std::string& transport = "sata") {
  return {.disk = disk_of("sdz", transport), .last = HealthHeard{answer, why}};
}

v1::Condition judged(const std::vector<HealthKnown>& known, const v1::DiskHealthSpec& spec = {}) {
  return judge_health(known, {}, spec, kNow);
}

// "false/warning DiskHot", and whether it blocks storage.
std::string ruling(const v1::Condition& condition) {
  std::string text = condition.status() == v1::CONDITION_STATUS_TRUE    ? "true"
                     : condition.status() == v1::CONDITION_STATUS_FALSE ? "false"
                                                                        : "unknown";
  text += condition.severity() == v1::SEVERITY_BLOCKING  ? "/blocking "
          : condition.severity() == v1::SEVERITY_WARNING ? "/warning "
                                                         : "/info ";
  EXPECT_EQ(condition.severity() == v1::SEVERITY_BLOCKING, condition.blocks_size() == 1);
  return text + condition.reason();
}

std::string codes(const v1::DiskHealth& health) {
  std::string text = v1::DiskHealthState_Name(health.state()).substr(18);
  for (const v1::DiskReason& reason : health.reasons()) text += " " + reason.code();
  return text;
}

std::string codes(const HealthKnown& known, const v1::DiskHealthSpec& spec = {}) {
  return codes(judge_disk(known, nullptr, spec, kNow));
}

TEST(DisksHealthy, IsTrueWhereNobodyComplains) {
  const auto condition =
      judged({known_of("ata_ssd"), silent(HealthAnswer::NotOffered, "no way", "virtio")});
  EXPECT_EQ(condition.type(), "DisksHealthy");
  EXPECT_EQ(ruling(condition), "true/blocking DisksHealthy");
  EXPECT_EQ(condition.evidence().value(), "1 of 2 disks told, 1 have nothing to tell");
  EXPECT_EQ(ruling(judged({})), "true/blocking DisksHealthy");
}

TEST(DisksHealthy, AFailingDiskBlocksStorageAndIsNamedFirst) {
  const auto condition = judged({known_of("sas", "sdc", "sas"), known_of("ata_hdd_failing", "sdb"),
                                 silent(HealthAnswer::Trouble, "no answer")});
  EXPECT_EQ(ruling(condition), "false/blocking DiskFailing");
  EXPECT_EQ(condition.message(),
            "1 of 3 disks: sdb: Raw_Read_Error_Rate, Reallocated_Sector_Ct is at its threshold; "
            "replace it");
}

TEST(DisksHealthy, NvmeWarningsAreFailures) {
  const auto condition = judged({known_of("nvme_degraded", "nvme0n1", "nvme")});
  EXPECT_EQ(ruling(condition), "false/blocking DiskFailing");
  EXPECT_NE(condition.message().find("its reliability is degraded"), std::string::npos);
  EXPECT_EQ(codes(known_of("nvme_degraded", "nvme0n1", "nvme")),
            "FAILING DiskFailing DiskMediaErrors DiskWearingOut");
}

TEST(DisksHealthy, AnNvmeDiskThatIsOnlyHotIsNotFailing) {
  HealthKnown known = known_of("nvme_degraded", "nvme0n1", "nvme");
  auto& log = *known.report->mutable_nvme_smart_health_information_log();
  log.set_critical_warning(2);
  log.set_media_errors(0);
  log.set_percentage_used(1);
  EXPECT_EQ(codes(known), "WARNING DiskHot");
  EXPECT_EQ(ruling(judged({known})), "false/warning DiskHot");
}

TEST(DisksHealthy, TheDisksOwnVerdictIsEnough) {
  HealthKnown known = known_of("ata_ssd");
  known.report->mutable_smart_status()->set_passed(false);
  EXPECT_EQ(ruling(judged({known})), "false/blocking DiskFailing");
}

TEST(DisksHealthy, MediaErrorsWarnByTheSpecsMeasure) {
  EXPECT_EQ(codes(known_of("sas", "sdc", "sas")), "WARNING DiskMediaErrors");
  v1::DiskHealthSpec spec;
  spec.set_media_errors_max(1);
  spec.set_remapped_sectors_max(14);
  EXPECT_EQ(codes(known_of("sas", "sdc", "sas"), spec), "OK");
  EXPECT_EQ(ruling(judged({known_of("sas", "sdc", "sas")})), "false/warning DiskMediaErrors");
}

TEST(DisksHealthy, WearHeatAndSelfTestsWarn) {
  HealthKnown known = known_of("ata_ssd");
  v1::DiskHealthSpec spec;
  spec.set_wear_max_percent(4);
  EXPECT_EQ(codes(known, spec), "WARNING DiskWearingOut");
  known.report->mutable_temperature()->set_current(60);
  EXPECT_EQ(codes(known), "OK");
  known.report->mutable_temperature()->set_current(61);  // past its own op_limit_max
  EXPECT_EQ(codes(known), "WARNING DiskHot");
  spec.Clear();
  spec.set_temperature_max_celsius(65);
  EXPECT_EQ(codes(known, spec), "OK");
  auto& test = *known.report->mutable_ata_smart_self_test_log()->mutable_extended();
  test.mutable_table(1)->mutable_status()->set_passed(false);
  EXPECT_EQ(codes(known, spec), "WARNING DiskSelfTestFailed");
}

TEST(DisksHealthy, WhatIsNotKnownOfADiskThatMustTellBlocks) {
  const auto condition = judged({silent(HealthAnswer::Trouble, "install smartmontools")});
  EXPECT_EQ(ruling(condition), "unknown/blocking HealthUnknown");
  EXPECT_NE(condition.message().find("sdz: install smartmontools"), std::string::npos);
  HealthKnown unasked{.disk = disk_of("sdz", "nvme")};
  EXPECT_EQ(ruling(judged({unasked})), "unknown/blocking HealthBeingRead");
}

TEST(DisksHealthy, WhatIsNotKnownOfADiskThatNeedNotTellDoesNotBlock) {
  EXPECT_EQ(ruling(judged({silent(HealthAnswer::Trouble, "no smartctl", "virtio")})),
            "true/blocking DisksHealthy");
  EXPECT_EQ(codes(silent(HealthAnswer::Trouble, "no smartctl", "virtio")), "UNKNOWN HealthUnknown");
  EXPECT_EQ(codes(silent(HealthAnswer::NotOffered, "no way", "usb")),
            "NOT_OFFERED HealthNotOffered");
  HealthKnown loop{.disk = disk_of("loop0", "loop")};
  loop.disk.kind = v1::DISK_KIND_LOOP;
  EXPECT_EQ(codes(loop), "NOT_OFFERED HealthNotOffered");
}

TEST(DisksHealthy, AReadingIsGoodWhileItIsFresh) {
  HealthKnown known = known_of("ata_ssd");
  known.last = HealthHeard{HealthAnswer::Trouble, "no answer"};
  EXPECT_EQ(codes(known), "OK");
  known.read = kLongAgo;
  EXPECT_EQ(codes(known), "UNKNOWN HealthUnknown");
  known.last = HealthHeard{HealthAnswer::Figures, ""};
  EXPECT_EQ(codes(known), "UNKNOWN HealthUnknown");
}

TEST(DisksHealthy, ADiskThatSleepsKeepsWhatItSaidLast) {
  HealthKnown known = known_of("ata_hdd_failing");
  known.read = kLongAgo;
  known.last = HealthHeard{HealthAnswer::Asleep, ""};
  known.report->mutable_temperature()->set_current(99);  // says nothing of now
  const auto health = judge_disk(known, nullptr, {}, kNow);
  EXPECT_EQ(codes(health), "FAILING DiskFailing DiskMediaErrors DiskSelfTestFailed");
  EXPECT_TRUE(health.asleep());
  EXPECT_EQ(health.age().seconds(), 90 * 3600);
  EXPECT_EQ(codes(silent(HealthAnswer::Asleep, "")), "UNKNOWN HealthUnknown");
}

TEST(DisksHealthy, SaysThatNobodyWatches) {
  v1::DiskHealthSpec spec;
  spec.set_disabled(true);
  EXPECT_EQ(ruling(judged({known_of("ata_hdd_failing")}, spec)), "unknown/info HealthNotWatched");
}

TEST(DisksHealthy, ASlowDiskWarnsAndItsFiguresAreEvidence) {
  const std::vector<IoLatency> latencies{{.name = "sda", .outlier = "reads take 60.0 ms"}};
  const auto condition = judge_health({known_of("ata_ssd")}, latencies, {}, kNow);
  EXPECT_EQ(ruling(condition), "false/warning DiskSlow");
  EXPECT_EQ(condition.message(), "1 of 1 disk: sda: far slower than its equals");
  EXPECT_NE(condition.evidence().value().find("sda: reads take 60.0 ms"), std::string::npos);
  // Also of one that has nothing to tell of itself.
  HealthKnown mute = silent(HealthAnswer::NotOffered, "no way", "virtio");
  mute.disk.name = "sda";
  EXPECT_EQ(codes(judge_disk(mute, latencies.data(), {}, kNow)),
            "WARNING DiskSlow HealthNotOffered");
}

TEST(DisksHealthy, NamesNoMoreThanThree) {
  std::vector<HealthKnown> many;
  for (int count = 0; count < 9; ++count) {
    many.push_back(known_of("ata_hdd_failing", "sd" + std::to_string(count)));
  }
  const std::string message = judged(many).message();
  EXPECT_EQ(message.find("9 of 9 disks: sd0: "), 0U) << message;
  EXPECT_EQ(message.find("sd3"), std::string::npos) << message;
}

}  // namespace
}  // namespace joist::disk
