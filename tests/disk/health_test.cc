// Goal: what a disk answered is what is made of it: figures, sleep, nothing to tell, trouble.
#include "disk/health.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/health_document.h"

namespace joist::disk {
namespace {

using support::health_report;

HealthHeard heard(const std::string& name) {
  v1::HealthResponse response;
  *response.mutable_report() = health_report(name);
  return hear(response);
}

TEST(Hear, TellsFiguresFromSleepAndTroubleAndNothingToTell) {
  for (const char* name : {"ata_ssd", "ata_hdd_failing", "nvme_degraded", "sas"}) {
    EXPECT_EQ(heard(name).answer, HealthAnswer::Figures) << name;
  }
  EXPECT_EQ(heard("asleep").answer, HealthAnswer::Asleep);
  EXPECT_EQ(heard("unsupported").answer, HealthAnswer::NotOffered);
  EXPECT_EQ(heard("unsupported").why, "/dev/loop0: Unable to detect device type");
  EXPECT_EQ(heard("smart_off").answer, HealthAnswer::Trouble);
  EXPECT_NE(heard("smart_off").why.find("--smart=on"), std::string::npos);
  EXPECT_EQ(heard("cannot_open").answer, HealthAnswer::Trouble);
  EXPECT_NE(heard("cannot_open").why.find("Input/output error"), std::string::npos);
}

TEST(Hear, OneThatTheKernelSuspendedIsAsleep) {
  v1::HealthResponse response;
  response.set_suspended(true);
  EXPECT_EQ(hear(response).answer, HealthAnswer::Asleep);
}

TEST(Hear, AnAnswerWithoutAVerdictIsNoFigures) {
  v1::HealthResponse response;
  response.mutable_report()->mutable_smartctl()->set_exit_status(4);
  EXPECT_EQ(hear(response).answer, HealthAnswer::Trouble);
  response.mutable_report()->mutable_smartctl()->set_exit_status(0);
  EXPECT_EQ(hear(response).answer, HealthAnswer::NotOffered);
}

TEST(Figures, OfAnAtaDisk) {
  const auto figures = figures_of(health_report("ata_hdd_failing"));
  EXPECT_TRUE(figures.has_passed());
  EXPECT_FALSE(figures.passed());
  EXPECT_EQ(figures.temperature_celsius(), 31);
  EXPECT_EQ(figures.temperature_limit_celsius(), 60);
  EXPECT_EQ(figures.power_on_hours(), 21043);
  EXPECT_EQ(figures.power_cycles(), 17);
  EXPECT_EQ(figures.reallocated_sectors(), 3512);
  EXPECT_EQ(figures.pending_sectors(), 296);
  EXPECT_EQ(figures.uncorrectable_sectors(), 296);
  EXPECT_EQ(figures.link_errors(), 2);
  EXPECT_EQ(figures.error_log_entries(), 4);
  EXPECT_TRUE(figures.has_self_test_passed());
  EXPECT_FALSE(figures.self_test_passed());
  EXPECT_FALSE(figures.has_wear_percent());
  EXPECT_FALSE(figures.has_media_errors());
}

// An interrupted test says nothing: the one before it does.
TEST(Figures, OfAnSsd) {
  const auto figures = figures_of(health_report("ata_ssd"));
  EXPECT_TRUE(figures.passed());
  EXPECT_EQ(figures.wear_percent(), 4);
  EXPECT_TRUE(figures.self_test_passed());
}

TEST(Figures, OfAnNvmeDisk) {
  const auto figures = figures_of(health_report("nvme_degraded"));
  EXPECT_EQ(figures.critical_warning(), 4U);
  EXPECT_EQ(figures.wear_percent(), 103);
  EXPECT_EQ(figures.spare_percent(), 100);
  EXPECT_EQ(figures.spare_threshold_percent(), 10);
  EXPECT_EQ(figures.media_errors(), 6);
  EXPECT_EQ(figures.error_log_entries(), 57);
  EXPECT_EQ(figures.read_bytes(), 15794760 * 512000.0);
  EXPECT_FALSE(figures.has_pending_sectors());
}

TEST(Figures, OfASasDisk) {
  const auto figures = figures_of(health_report("sas"));
  EXPECT_TRUE(figures.passed());
  EXPECT_EQ(figures.reallocated_sectors(), 14);
  EXPECT_EQ(figures.media_errors(), 1);
  EXPECT_EQ(figures.temperature_limit_celsius(), 85);
  EXPECT_EQ(figures.power_cycles(), 70);
  EXPECT_EQ(figures.written_bytes(), 127551.260e9);
}

// Seagate keeps other counts above the low 32 bits, others 48 of them that mean nothing.
TEST(Figures, OnlyTheCountOfARawValueCounts) {
  v1::SmartctlReport report;
  auto& attribute = *report.mutable_ata_smart_attributes()->add_table();
  attribute.set_id(197);
  for (const double raw : {8.0, 8.0 + 5 * 4294967296.0}) {
    attribute.mutable_raw()->set_value(raw);
    EXPECT_EQ(figures_of(report).pending_sectors(), 8);
  }
  for (const double raw : {-1.0, 1e300, std::nan("")}) {
    attribute.mutable_raw()->set_value(raw);
    EXPECT_FALSE(figures_of(report).has_pending_sectors());
  }
}

TEST(MustTell, PhysicalDisksDoAndOthersNeedNot) {
  Disk disk;
  disk.kind = v1::DISK_KIND_PHYSICAL;
  disk.transport = "nvme";
  EXPECT_TRUE(must_tell(disk));
  disk.transport = "virtio";
  EXPECT_FALSE(must_tell(disk));
  EXPECT_TRUE(worth_asking(disk));
  disk.kind = v1::DISK_KIND_LOOP;
  EXPECT_FALSE(worth_asking(disk));
}

}  // namespace
}  // namespace joist::disk
