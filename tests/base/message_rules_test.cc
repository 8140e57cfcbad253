#include "base/message_rules.h"

#include <gtest/gtest.h>

#include "joist/v1/agent.pb.h"
#include "joist/v1/cluster.pb.h"
#include "joist/v1/spec.pb.h"

namespace joist::base {
namespace {

std::string breach_of(const google::protobuf::Message& message) {
  const auto checked = check_rules(message);
  if (checked) return "";
  EXPECT_EQ(checked.error().code, ErrorCode::Malformed);
  return checked.error().message;
}

TEST(CheckRules, PassesWhatIsNotSet) {
  EXPECT_EQ(breach_of(v1::NodeSpec()), "");
  EXPECT_EQ(breach_of(v1::ClusterSpec()), "");
}

TEST(CheckRules, NamesTheFieldThatIsMissing) {
  EXPECT_EQ(breach_of(v1::JoinRequest()), "endpoint: is missing, and required");
}

TEST(CheckRules, NeverRepeatsASecret) {
  v1::JoinRequest join;
  join.set_endpoint("a:1");
  join.set_token(std::string(300, 's'));
  EXPECT_EQ(breach_of(join), "token: 300 characters are too long, expected at most 256");
}

TEST(CheckRules, LooksIntoMessagesListsAndMaps) {
  v1::NodeSpec spec;
  spec.mutable_metrics()->set_connections_max(5000);
  EXPECT_EQ(breach_of(spec), "metrics.connections_max: 5000 is out of range, expected 1 to 4096");

  spec.Clear();
  spec.mutable_metrics()->add_disabled_collectors("cpu");
  spec.mutable_metrics()->add_disabled_collectors("No");
  EXPECT_EQ(breach_of(spec).substr(0, 36), "metrics.disabled_collectors[1]: \"No\"");

  spec.Clear();
  (*spec.mutable_labels())["bad key"] = "x";
  EXPECT_EQ(breach_of(spec).substr(0, 26), "labels[\"bad key\"]: the key");

  spec.Clear();
  (*spec.mutable_labels())["rack"] = "b c";
  EXPECT_EQ(breach_of(spec).substr(0, 22), "labels[\"rack\"]: \"b c\" ");
}

TEST(CheckRules, KnowsWhatIsKnown) {
  v1::NodeSpec spec;
  spec.mutable_metrics()->add_disabled_collectors("loadvag");
  EXPECT_EQ(breach_of(spec),
            "metrics.disabled_collectors[0]: \"loadvag\" is not known, did you mean loadavg?");
  spec.mutable_metrics()->set_disabled_collectors(0, "zebra");
  EXPECT_NE(breach_of(spec).find("\"zebra\" is not known, expected one of "), std::string::npos);
  spec.mutable_metrics()->set_disabled_collectors(0, "");
  EXPECT_NE(breach_of(spec), "");

  // By the list of another field.
  spec.Clear();
  spec.mutable_metrics()->add_enabled_collectors("procesess");
  EXPECT_EQ(breach_of(spec),
            "metrics.enabled_collectors[0]: \"procesess\" is not known, did you mean processes?");
  spec.mutable_metrics()->set_enabled_collectors(0, "processes");
  EXPECT_EQ(breach_of(spec), "");
}

TEST(CheckRules, TakesNoEntryTwice) {
  v1::NodeSpec spec;
  spec.add_roles(v1::ROLE_CEPH);
  spec.add_roles(v1::ROLE_DNS);
  EXPECT_EQ(breach_of(spec), "");
  spec.add_roles(v1::ROLE_CEPH);
  EXPECT_EQ(breach_of(spec), "roles[2]: ceph is there twice, expected once: entry 0 is the same");
}

TEST(CheckRules, TellsLongEntriesApart) {
  v1::NodeSpec spec;
  const std::string same(60, 'x');
  auto& disks = *spec.mutable_storage()->add_uses()->mutable_disks();
  spec.mutable_storage()->mutable_uses(0)->set_name("osd");
  spec.mutable_storage()->mutable_uses(0)->set_kind(v1::STORAGE_USE_KIND_CEPH_RAW);
  disks.add_ids("file:/" + same + "/1");
  disks.add_ids("file:/" + same + "/2");
  EXPECT_EQ(breach_of(spec), "");
  disks.add_ids("file:/" + same + "/1");
  EXPECT_NE(breach_of(spec).find("storage.uses[0].disks.ids[2]: "), std::string::npos);
}

TEST(CheckRules, HoldsDurationsToTheirBoundsAndForm) {
  v1::ClusterSpec spec;
  spec.mutable_silence_max()->set_seconds(1);
  EXPECT_EQ(breach_of(spec), "silence_max: 1 is out of range, expected 2 to 3600 seconds");
  spec.mutable_silence_max()->set_seconds(10);
  spec.mutable_silence_max()->set_nanos(-1);
  EXPECT_NE(breach_of(spec).find("no valid duration"), std::string::npos);
}

TEST(CheckRules, BoundsWhatStatesNoBound) {
  v1::Status status;
  status.set_version(std::string(kLengthMax, 'x'));
  EXPECT_EQ(breach_of(status), "");
  status.set_version(std::string(kLengthMax + 1, 'x'));
  EXPECT_EQ(breach_of(status), "version: 65537 characters are too long, expected at most 65536");
  status.Clear();
  status.mutable_start_time()->set_seconds(1LL << 60);
  EXPECT_EQ(breach_of(status), "start_time: is no time between the years 1 and 9999");
}

TEST(CheckRules, RefusesWhatIsInBothOfTwoListsApart) {
  v1::NodeSpec spec;
  spec.mutable_metrics()->add_enabled_collectors("wifi");
  spec.mutable_metrics()->add_disabled_collectors("cpu");
  EXPECT_EQ(breach_of(spec), "");
  spec.mutable_metrics()->add_disabled_collectors("wifi");
  EXPECT_EQ(breach_of(spec),
            "metrics.disabled_collectors[1]: \"wifi\" is in enabled_collectors too, expected in "
            "one of them");
}

}  // namespace
}  // namespace joist::base
