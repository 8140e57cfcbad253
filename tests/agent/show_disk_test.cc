#include "agent/show_disk.h"

#include <gtest/gtest.h>

namespace joist::agent {
namespace {

disk::ClassifiedDisk some_disk() {
  disk::ClassifiedDisk made;
  made.disk.id = "wwn:naa.5000c50015ea71ac";
  made.disk.name = "sdb";
  made.disk.model = "ST8000\xff\n";
  made.disk.size_bytes = 8'000'000'000'000;
  made.disk.kind = v1::DISK_KIND_PHYSICAL;
  made.disk.uses = {{"mount", "/data", "sdb1", false}};
  made.disk.partitions = {{"sdb1", 1 << 20, 1 << 30, "0x83"}};
  made.verdict = {v1::DISK_CLASS_IN_USE, {{"Mounted", "sdb1 is mounted at /data"}}};
  return made;
}

TEST(ShowDisk, ShowsWhatIsKnown) {
  disk::ClassifiedDisk made = some_disk();
  disk::ProbeResult probe;
  probe.signatures = {{"ext4", "filesystem", 1080, 2, "data", "u-u", "sdb1"}};
  probe.asked.wall = WallTime(std::chrono::seconds(1'700'000'000));
  made.probe = Result<disk::ProbeResult>(probe);
  const v1::Disk shown = show_disk(made);
  EXPECT_EQ(shown.id(), "wwn:naa.5000c50015ea71ac");
  EXPECT_EQ(shown.model(), "ST8000\\xff\\x0a");
  EXPECT_EQ(shown.class_(), v1::DISK_CLASS_IN_USE);
  EXPECT_EQ(shown.reasons(0).code(), "Mounted");
  EXPECT_EQ(shown.uses(0).via(), "sdb1");
  EXPECT_EQ(shown.partitions(0).type(), "0x83");
  EXPECT_EQ(shown.signatures(0).type(), "ext4");
  EXPECT_TRUE(shown.probed());
  EXPECT_EQ(shown.probe_time().seconds(), 1'700'000'000);
  EXPECT_EQ(shown.probe_error(), "");
}

TEST(ShowDisk, SaysWhyItWasNotRead) {
  disk::ClassifiedDisk made = some_disk();
  made.probe = Result<disk::ProbeResult>(fail(ErrorCode::Refused, "open /dev/sdb: not permitted"));
  const v1::Disk shown = show_disk(made);
  EXPECT_FALSE(shown.probed());
  EXPECT_FALSE(shown.has_probe_time());
  EXPECT_EQ(shown.probe_error(), "open /dev/sdb: not permitted");
}

TEST(ShowDisk, ShowsTheTableWhereTheKernelKnowsNoPartitions) {
  disk::ClassifiedDisk made = some_disk();
  made.disk.partitions.clear();
  disk::ProbeResult probe;
  probe.partitions = {{"sdb1", 1 << 20, 1 << 29, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"}};
  made.probe = Result<disk::ProbeResult>(probe);
  EXPECT_EQ(show_disk(made).partitions(0).size_bytes(), std::uint64_t{1} << 29);
}

// A report is sent when it changes: what moves with every reading is not in it.
TEST(KeepVerdict, LeavesNothingThatMoves) {
  v1::Disk disk;
  v1::DiskHealth& health = *disk.mutable_health();
  health.set_state(v1::DISK_HEALTH_STATE_WARNING);
  health.add_reasons()->set_code("DiskHot");
  const v1::Disk verdict = disk;
  health.set_temperature_celsius(71);
  health.set_asleep(true);
  health.mutable_age()->set_seconds(3);
  health.mutable_read_time()->set_seconds(4);
  disk.mutable_probe_time()->set_seconds(5);
  keep_verdict(disk);
  EXPECT_EQ(disk.SerializeAsString(), verdict.SerializeAsString());
}

}  // namespace
}  // namespace joist::agent
