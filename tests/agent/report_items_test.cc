#include "agent/report_items.h"

#include <gtest/gtest.h>

#include "agent/show_disk.h"
#include "agent/show_host.h"
#include "base/message_rules.h"
#include "base/report.h"
#include "joist/v1/session.pb.h"

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
  const std::string path(1000, 'p');
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
  EXPECT_NE(left_out.find("\"disk/serial:2\": disk.model: 300000"), std::string::npos) << left_out;
}

// Everything a host can name itself is of another length and holds another byte than it should.
disk::ClassifiedDisk worst_disk(int number) {
  const std::string text = std::string(5000, '\xff') + std::to_string(number);
  disk::ClassifiedDisk worst;
  worst.disk.id = "serial:" + std::to_string(number) + text;
  for (std::string* one : {&worst.disk.name, &worst.disk.wwn, &worst.disk.serial, &worst.disk.model,
                           &worst.disk.transport}) {
    *one = text;
  }
  worst.disk.by_id.assign(20, text);
  worst.disk.uses.assign(20, {"mount", text, text, false});
  worst.disk.partitions.assign(20, {text, 1, 1, text});
  worst.verdict = {v1::DISK_CLASS_FOREIGN, {{"HasSignature", text}}};
  disk::ProbeResult probe;
  probe.signatures.assign(disk::kSignaturesMax, {text, text, 1, 1, text, text, text});
  worst.probe = Result<disk::ProbeResult>(std::move(probe));
  return worst;
}

v1::Host worst_host() {
  host::Facts facts;
  facts.name = facts.os = facts.kernel = facts.architecture = std::string(5000, '\n');
  std::vector<network::Link> links(64);
  for (network::Link& link : links) {
    link.name = link.state = facts.name;
    link.addresses.assign(network::kAddressesMax, "2001:db8:1234:5678:9abc:def0:1234:5678/128");
  }
  return show_host(v1::NodeSpec(), facts, links);
}

// All frames that tell a report, from nothing.
std::vector<v1::AgentFrame> frames_of(const v1::Report& report) {
  std::vector<v1::AgentFrame> frames;
  v1::Report held;
  while (held.digest() != report.digest() && frames.size() < 100) {
    v1::AgentFrame& frame = frames.emplace_back();
    *frame.mutable_delta() = diff(held, report);
    frame.mutable_delta()->set_seq(frames.size());
    held = apply(held, frame.delta()).value();
  }
  return frames;
}

void expect_taken(const std::vector<v1::AgentFrame>& frames) {
  EXPECT_FALSE(frames.empty());
  for (const v1::AgentFrame& frame : frames) {
    const auto good = check_rules(frame);
    EXPECT_TRUE(good) << good.error().message;
  }
}

TEST(AgentFrames, KeepTheRulesWhateverTheHostSays) {
  ReportItems items;
  std::string left_out;
  v1::Condition loud = condition_of("Good", std::string(5000, 'v'));
  loud.set_message(std::string(5000, '\n'));
  std::vector<v1::Disk> disks;
  for (int i = 0; i < 8; ++i) disks.push_back(show_disk(worst_disk(i)));
  const auto report = items.make(worst_host(), {loud}, disks, left_out);
  EXPECT_EQ(left_out, "");
  EXPECT_EQ(report.items_size(), 10);
  expect_taken(frames_of(report));
}

TEST(AgentFrames, KeepTheRulesWith4096Disks) {
  ReportItems items;
  std::string left_out;
  std::vector<v1::Disk> disks;
  for (int i = 0; i < 4096; ++i) {
    disks.push_back(disk_of("sd" + std::to_string(i), "serial:" + std::to_string(i)));
    disks.back().add_reasons()->set_code("NothingFound");
  }
  const auto report = items.make(worst_host(), {}, disks, left_out);
  EXPECT_EQ(left_out, "");
  EXPECT_EQ(report.items_size(), 4097);
  expect_taken(frames_of(report));
}

// The installer would end the session for it: one item less is told, and the rest.
TEST(ReportItems, LeaveOutWhatBreaksTheRules) {
  ReportItems items;
  std::string left_out;
  v1::Disk long_name = disk_of(std::string(1025, 'd'), "serial:1");
  const auto report =
      items.make(worst_host(), {}, {long_name, disk_of("sda", "serial:2")}, left_out);
  EXPECT_EQ(report.items_size(), 2);
  EXPECT_EQ(left_out,
            "report item \"disk/serial:1\": disk.name: 1025 characters are too long, expected at "
            "most 1024");
}

}  // namespace
}  // namespace joist::agent
