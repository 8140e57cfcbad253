#include "agent/report_items.h"

#include <gtest/gtest.h>

#include "base/report.h"

namespace joist::agent {
namespace {

v1::Condition condition_of(std::string reason, std::string value) {
  v1::Condition condition;
  condition.set_type("TimeSynchronised");
  condition.set_status(v1::CONDITION_STATUS_TRUE);
  condition.set_reason(std::move(reason));
  condition.mutable_evidence()->set_value(std::move(value));
  return condition;
}

v1::Disk disk_of(std::string name, std::string id) {
  v1::Disk disk;
  disk.set_name(std::move(name));
  disk.set_id(std::move(id));
  return disk;
}

TEST(ReportItems, AreKeyedByWhatTheyAre) {
  ReportItems items;
  std::string left_out;
  const auto report = items.make({}, {condition_of("Good", "")},
                                 {disk_of("sdb", ""), disk_of("sda", "wwn:naa.5")}, left_out);
  std::vector<std::string> keys;
  for (const auto& item : report.items()) keys.push_back(item.key());
  EXPECT_EQ(keys, (std::vector<std::string>{"condition/TimeSynchronised", "disk/sdb",
                                            "disk/wwn:naa.5", "host"}));
  EXPECT_EQ(left_out, "");
}

// Otherwise each measurement of the clock would be a delta of every host.
TEST(ReportItems, DoNotChangeWithTheEvidenceAlone) {
  ReportItems items;
  std::string left_out;
  const auto first = items.make({}, {condition_of("Good", "maxerror 1 ms")}, {}, left_out);
  const auto second = items.make({}, {condition_of("Good", "maxerror 2 ms")}, {}, left_out);
  EXPECT_EQ(first.digest(), second.digest());
  const auto third = items.make({}, {condition_of("Bad", "maxerror 3 ms")}, {}, left_out);
  EXPECT_NE(second.digest(), third.digest());
  EXPECT_EQ(third.items(0).condition().evidence().value(), "maxerror 3 ms");
}

TEST(ReportItems, LeaveOutDisksThatAreTooManyAndSaySo) {
  ReportItems items;
  std::string left_out;
  std::vector<v1::Disk> many;
  many.reserve(30'000);
  for (int i = 0; i < 30'000; ++i) many.push_back(disk_of("sd" + std::to_string(i), ""));
  const auto report = items.make({}, {condition_of("Good", "")}, many, left_out);
  EXPECT_EQ(report.items_size(), 20'000);
  EXPECT_TRUE(left_out.ends_with("; and 9999 more")) << left_out;
}

TEST(ReportItems, ALongIdHidesNothing) {
  ReportItems items;
  std::string left_out;
  const std::string path(4000, 'p');
  const auto report = items.make({}, {},
                                 {disk_of("loop0", "file:/a" + path),
                                  disk_of("loop1", "file:/b" + path), disk_of("sda", "serial:1")},
                                 left_out);
  EXPECT_EQ(left_out, "");
  ASSERT_EQ(report.items_size(), 4);
  EXPECT_EQ(report.items(0).key(), "disk/serial:1");
  EXPECT_TRUE(report.items(1).key().starts_with("disk/sha256:"));
  EXPECT_EQ(report.items(1).key().size(), std::string("disk/sha256:").size() + 64);
}

TEST(ReportItems, ADiskThatIsTooLargeHidesNoOther) {
  ReportItems items;
  std::string left_out;
  v1::Disk large = disk_of("sdb", "serial:2");
  large.set_model(std::string(300'000, 'm'));
  const auto report = items.make({}, {}, {large, disk_of("sda", "serial:1")}, left_out);
  EXPECT_EQ(report.items_size(), 2);  // the host and sda
  EXPECT_NE(left_out.find("\"disk/serial:2\": 3"), std::string::npos) << left_out;
}

}  // namespace
}  // namespace joist::agent
