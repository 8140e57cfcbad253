#include "ctl/views.h"

#include <gtest/gtest.h>

#include "base/value_text.h"
#include "ctl/check.h"
#include "ctl/config_kind.h"

namespace joist::ctl {
namespace {

const WallTime kNow{std::chrono::seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z

google::protobuf::Timestamp ago(int seconds) {
  google::protobuf::Timestamp time;
  time.set_seconds(1'767'225'600 - seconds);
  return time;
}

v1::Condition condition(const std::string& type, v1::ConditionStatus status) {
  v1::Condition condition;
  condition.set_type(type);
  condition.set_status(status);
  condition.set_reason("Because");
  condition.set_message("so it is");
  *condition.mutable_transition_time() = ago(180);
  condition.mutable_evidence()->set_value("3 disks");
  condition.mutable_evidence()->set_threshold("at least 1");
  condition.mutable_evidence()->set_source("sysfs");
  *condition.mutable_evidence()->mutable_observed_time() = ago(5);
  condition.add_blocks("ceph");
  condition.add_blocks("longhorn");
  return condition;
}

v1::Status status() {
  v1::Status status;
  status.set_node_name("host1");
  status.set_node_uid("0b5e");
  status.set_version("0.1.0");
  *status.mutable_start_time() = ago(3600);
  status.mutable_config()->set_path("/etc/joist/agent.yaml");
  *status.mutable_config()->mutable_load_time() = ago(3600);
  status.mutable_session()->set_state(v1::SESSION_STATE_CONNECTED);
  status.mutable_session()->set_endpoint("inst:7443");
  *status.mutable_session()->mutable_since() = ago(60);
  *status.mutable_session()->mutable_certificate_expire_time() = ago(-86'400 * 20);
  *status.mutable_ready() = condition("Ready", v1::CONDITION_STATUS_TRUE);
  status.add_metrics_urls("http://192.0.2.7:7444/metrics");
  return status;
}

TEST(StatusPage, SaysHowTheAgentIs) {
  EXPECT_EQ(render(status_page(status(), kNow), {}),
            "Node         host1\n"
            "UID          0b5e\n"
            "Agent        0.1.0, started 1h ago\n"
            "Config       /etc/joist/agent.yaml, loaded 1h ago\n"
            "Installer    connected to inst:7443 for 1m\n"
            "Certificate  expires in 20d\n"
            "Metrics      http://192.0.2.7:7444/metrics\n"
            "Ready        True: so it is\n");
}

TEST(StatusPage, ShowsARefusedConfigAndALostSession) {
  v1::Status bad = status();
  bad.mutable_config()->set_error("a.yaml:1:1: x\na.yaml:2:1: y");
  *bad.mutable_config()->mutable_error_time() = ago(30);
  bad.mutable_session()->set_state(v1::SESSION_STATE_WAITING);
  bad.mutable_session()->set_error("connection refused");
  bad.mutable_session()->mutable_retry_in()->set_seconds(7);
  const std::string text = render(status_page(bad, kNow), {});
  EXPECT_NE(text.find("\n             refused 30s ago, the one before is in force:\n"
                      "             a.yaml:1:1: x\n"
                      "             a.yaml:2:1: y\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("not connected to inst:7443 for 1m, next try in 7s\n"
                      "             connection refused\n"),
            std::string::npos)
      << text;
}

TEST(StatusPage, SaysWhatTheHostJoinedAsAndWhyTheLastSessionEnded) {
  v1::Status known = status();
  known.mutable_session()->set_node_name("host-of-old");
  *known.mutable_session()->mutable_join_time() = ago(3 * 86400);
  known.mutable_session()->set_disconnect_reason("the installer ended it: joist-installer stops");
  *known.mutable_session()->mutable_disconnect_time() = ago(180);
  const std::string text = render(status_page(known, kNow), {});
  EXPECT_NE(text.find("Joined       as host-of-old, 3d ago\n"
                      "Lost         3m ago: the installer ended it: joist-installer stops\n"),
            std::string::npos)
      << text;
}

TEST(StatusPage, TellsAnEmptyAnswerApart) {
  const std::string text = render(status_page(v1::Status(), kNow), {});
  EXPECT_NE(text.find("Ready      Unknown"), std::string::npos) << text;
}

TEST(DisksPage, SaysWhyADiskHasItsClass) {
  v1::ListDisksResponse disks;
  auto* disk = disks.add_disks();
  disk->set_name("sda");
  disk->set_class_(v1::DISK_CLASS_FOREIGN);
  disk->set_size_bytes(2'000'398'934'016);
  disk->set_kind(v1::DISK_KIND_PHYSICAL);
  disk->set_transport("sata");
  disk->set_rotational(true);
  disk->set_model("\x1b[2JEvil");
  disk->set_id("wwn:naa.5000");
  disk->add_reasons()->set_message("holds ext4");
  disk->mutable_reasons()->Add()->set_code("TooSmall");
  disk->mutable_health()->set_state(v1::DISK_HEALTH_STATE_OK);
  disk->mutable_health()->set_asleep(true);
  disks.add_disks()->set_name("sdb");
  EXPECT_EQ(render(disks_page(disks, kNow), {}),
            "DISK  CLASS       SIZE  TYPE      HEALTH      MODEL        ID            WHY\n"
            "sda   foreign  1.8 TiB  sata hdd  ok, asleep  \\x1b[2JEvil  wwn:naa.5000  holds ext4; "
            "TooSmall\n"
            "sdb   unknown      0 B  -         -           -            -             -\n"
            "\n"
            "Listed  not yet\n");
  *disk->mutable_probe_time() = ago(42);
  const std::string with_ages = render(disks_page(disks, kNow), {});
  EXPECT_NE(with_ages.find("TYPE      READ  HEALTH"), std::string::npos) << with_ages;
  EXPECT_NE(with_ages.find("sata hdd  42s   ok, asleep"), std::string::npos) << with_ages;
  EXPECT_NE(with_ages.find("-         -     -"), std::string::npos) << with_ages;
  *disks.mutable_observed_time() = ago(180);
  EXPECT_TRUE(render(disks_page(disks, kNow), {}).ends_with("\n\nListed  3m ago\n"));
}

TEST(DisksPage, SaysHowADiskIs) {
  v1::ListDisksResponse disks;
  auto& health = *disks.add_disks()->mutable_health();
  health.add_reasons()->set_message("because");
  const auto shown = [&](v1::DiskHealthState state) {
    health.set_state(state);
    const std::string text = render(disks_page(disks, kNow), {});
    // "DISK …\n" and a row, whose cells two blanks keep apart.
    const auto begin = text.find("HEALTH");
    const auto row = text.find('\n') + 1;
    const std::string cell = text.substr(row + begin);
    return cell.substr(0, cell.find("  "));
  };
  EXPECT_EQ(shown(v1::DISK_HEALTH_STATE_OK), "ok");
  EXPECT_EQ(shown(v1::DISK_HEALTH_STATE_WARNING), "warning: because");
  EXPECT_EQ(shown(v1::DISK_HEALTH_STATE_FAILING), "failing: because");
  EXPECT_EQ(shown(v1::DISK_HEALTH_STATE_UNKNOWN), "unknown: because");
  EXPECT_EQ(shown(v1::DISK_HEALTH_STATE_UNSPECIFIED), "unknown: because");
  EXPECT_EQ(shown(v1::DISK_HEALTH_STATE_NOT_OFFERED), "n.a.");
}

TEST(ConditionsPage, ListsThemOrTellsOneInFull) {
  v1::ListConditionsResponse conditions;
  *conditions.add_conditions() = condition("Ready", v1::CONDITION_STATUS_UNSPECIFIED);
  EXPECT_EQ(render(conditions_page(conditions, false, kNow), {}),
            "CONDITION  STATUS   SINCE  REASON   EVIDENCE  MESSAGE\n"
            "Ready      Unknown  3m     Because  3 disks   so it is\n");
  EXPECT_EQ(render(conditions_page(conditions, true, kNow), {}),
            "Condition  Ready\n"
            "Status     Unknown\n"
            "Since      3m ago\n"
            "Reason     Because\n"
            "Message    so it is\n"
            "Blocks     ceph, longhorn\n"
            "Evidence   3 disks\n"
            "Wanted     at least 1\n"
            "Source     sysfs\n"
            "Observed   5s ago\n");
}

v1::Node node(v1::NodeState state) {
  v1::Node node;
  node.set_name("host1");
  node.set_uid("0b5e");
  node.set_state(state);
  node.add_roles(v1::ROLE_CEPH);
  node.add_roles(v1::ROLE_WORKER);
  node.set_address("192.0.2.7");
  *node.mutable_heard_time() = ago(2);
  auto* disk = node.mutable_report()->add_items();
  disk->set_key("disk/sda");
  disk->mutable_disk()->set_name("sda");
  auto* item = node.mutable_report()->add_items();
  item->set_key("condition/Ready");
  *item->mutable_condition() = condition("Ready", v1::CONDITION_STATUS_TRUE);
  return node;
}

// A gate never opens on stale evidence, and neither may a person be misled.
TEST(NodesPage, NeverCallsASilentNodeReady) {
  v1::ListNodesResponse nodes;
  *nodes.add_nodes() = node(v1::NODE_STATE_CONNECTED);
  *nodes.add_nodes() = node(v1::NODE_STATE_DISCONNECTED);
  const std::string text = render(nodes_page(nodes, kNow), {});
  EXPECT_NE(text.find("host1  connected     True     2s     ceph,worker  192.0.2.7"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("host1  disconnected  Unknown"), std::string::npos) << text;
}

TEST(NodePage, ShowsItsReportAndSaysWhenItIsHistory) {
  const std::string now = render(node_page(node(v1::NODE_STATE_CONNECTED), kNow), {});
  EXPECT_NE(now.find("State        connected from 192.0.2.7\n"), std::string::npos) << now;
  EXPECT_NE(now.find("\nReady      True"), std::string::npos) << now;
  EXPECT_NE(now.find("\nsda "), std::string::npos) << now;
  EXPECT_EQ(now.find("history"), std::string::npos);
  const std::string then = render(node_page(node(v1::NODE_STATE_DISCONNECTED), kNow), {});
  EXPECT_NE(then.find("what follows is history"), std::string::npos) << then;
}

TEST(TokensPage, ListsThem) {
  v1::ListTokensResponse tokens;
  auto* token = tokens.add_tokens();
  token->set_id("a1b2");
  token->set_state(v1::TOKEN_STATE_OPEN);
  *token->mutable_create_time() = ago(60);
  *token->mutable_expire_time() = ago(-3540);
  token->set_note("rack 1");
  EXPECT_EQ(render(tokens_page(tokens, kNow), {}),
            "TOKEN  STATE  EXPIRES  CREATED  USED  BY  NOTE\n"
            "a1b2   open   in 59m   1m ago   -     -   rack 1\n");
  tokens.mutable_tokens(0)->set_state(v1::TOKEN_STATE_REVOKED);
  EXPECT_NE(render(tokens_page(tokens, kNow), {}).find("revoked  -        1m ago"),
            std::string::npos);
  EXPECT_EQ(render(tokens_page({}, kNow), {}), "No tokens. Make one: joistctl token create\n");
}

TEST(Check, TakesOnlyTrueForYes) {
  v1::Status asked = status();
  EXPECT_EQ(why_not_ready(asked), "");
  EXPECT_EQ(why_not_ready({}), "not ready: Ready is Unknown");

  v1::ListConditionsResponse conditions;
  EXPECT_EQ(why_not_all_true(conditions, {}), "there are no conditions yet");
  *conditions.add_conditions() = condition("A", v1::CONDITION_STATUS_TRUE);
  *conditions.add_conditions() = condition("B", v1::CONDITION_STATUS_FALSE);
  *conditions.add_conditions() = condition("C", v1::CONDITION_STATUS_UNSPECIFIED);
  EXPECT_EQ(why_not_all_true(conditions, {}), "B is False, C is Unknown");
  const auto missing = keep_named({"A", "Z"}, conditions);
  EXPECT_EQ(missing, std::vector<std::string>{"Z"});
  EXPECT_EQ(conditions.conditions_size(), 1);
  EXPECT_EQ(why_not_all_true(conditions, missing), "Z is not there");
  EXPECT_EQ(why_not_all_true(conditions, {}), "");
}

TEST(ConfigKind, IsSaidOrReadOffTheName) {
  EXPECT_EQ(config_kind("/etc/joist/installer.yaml", {}), ConfigKind::Installer);
  EXPECT_EQ(config_kind("/etc/joist-installer/agent.yaml", {}), ConfigKind::Agent);
  EXPECT_EQ(config_kind("-", {}), ConfigKind::Agent);
  EXPECT_EQ(config_kind("-", "installer"), ConfigKind::Installer);
}

}  // namespace
}  // namespace joist::ctl
