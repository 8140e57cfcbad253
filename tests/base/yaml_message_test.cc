#include "base/yaml_message.h"

#include <gtest/gtest.h>

#include "base/message_text.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/cluster.pb.h"
#include "joist/v1/helper.pb.h"
#include "joist/v1/spec.pb.h"

namespace joist::base {
namespace {

std::string errors_of(std::string_view text, google::protobuf::Message& message) {
  const auto decoded = decode_yaml(text, "agent.yaml", message);
  if (decoded) return "";
  EXPECT_EQ(decoded.error().code, ErrorCode::Malformed);
  return decoded.error().message;
}

std::string errors_of(std::string_view text) {
  v1::NodeSpec spec;
  return errors_of(text, spec);
}

TEST(DecodeYaml, FillsAMessageUnderTheSchemasNames) {
  v1::NodeSpec spec;
  const auto decoded = decode_yaml(R"(# a host of the rack
name: host1.example
roles: [server, ceph]
labels:
  rack: "12"
  example.com/row: 7
metrics:
  listen: '[::]:7444'
  connections_max: 16
  disabled_collectors: [pressure]
storage:
  size_min_bytes: 10GiB
  allowed_kinds:
    - loop
installer: {endpoint: "installer.example:7443", heartbeat: 1m30s}
time:
  error_max: 500ms
)",
                                   "agent.yaml", spec);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(spec.name(), "host1.example");
  ASSERT_EQ(spec.roles_size(), 2);
  EXPECT_EQ(spec.roles(1), v1::ROLE_CEPH);
  EXPECT_EQ(spec.labels().at("rack"), "12");
  EXPECT_EQ(spec.labels().at("example.com/row"), "7");
  EXPECT_EQ(spec.metrics().connections_max(), 16U);
  EXPECT_EQ(spec.storage().size_min_bytes(), 10ULL << 30);
  EXPECT_EQ(spec.storage().allowed_kinds(0), v1::DISK_KIND_LOOP);
  EXPECT_EQ(spec.installer().heartbeat().seconds(), 90);
  EXPECT_EQ(spec.time().error_max().nanos(), 500'000'000);
}

TEST(DecodeYaml, TakesNothingAsAnEmptyMessage) {
  for (const std::string_view text :
       {"", "\n\n", "# comments alone\n", "---\n", "{}", "\xef\xbb\xbf"}) {
    v1::NodeSpec spec;
    spec.set_name("before");
    ASSERT_TRUE(decode_yaml(text, "agent.yaml", spec).has_value()) << text;
    EXPECT_EQ(spec.name(), "") << text;
  }
}

TEST(DecodeYaml, LeavesTheMessageAloneOnError) {
  v1::NodeSpec spec;
  spec.set_name("before");
  EXPECT_NE(errors_of("name: after\nnme: x\n", spec), "");
  EXPECT_EQ(spec.name(), "before");
}

struct Refusal {
  std::string_view name;
  std::string_view text;
  std::string_view error;
};

class DecodeYamlRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(DecodeYamlRefuses, WithPlaceAndExpectation) {
  EXPECT_EQ(errors_of(GetParam().text), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Input, DecodeYamlRefuses,
    testing::Values(
        Refusal{"UnknownKey", "nname: x",
                R"(agent.yaml:1:1: unknown key "nname", did you mean name?)"},
        Refusal{"UnknownKeyNested", "metrics:\n  lisen: x",
                R"(agent.yaml:2:3: unknown key "metrics.lisen", did you mean listen?)"},
        Refusal{"UnknownKeyFarFromAll", "time: {zebra: 1}",
                R"(agent.yaml:1:8: unknown key "time.zebra", expected one of error_max)"},
        Refusal{"JsonNameIsNoName", "metrics: {connectionsMax: 3}",
                "agent.yaml:1:11: unknown key \"metrics.connectionsMax\", did you mean "
                "connections_max?"},
        Refusal{"DuplicateKey", "name: a\nroles: []\nname: b",
                "agent.yaml:3:1: duplicate key \"name\", expected once: it is in line 1 already"},
        Refusal{"DuplicateMapKey", "labels: {a: x, a: y}",
                "agent.yaml:1:16: duplicate key \"a\", expected once: it is in line 1 already"},
        Refusal{"TextForNumber", "metrics: {connections_max: many}",
                "agent.yaml:1:28: metrics.connections_max: expected a whole number, found "
                "\"many\""},
        Refusal{"QuotedNumber", "metrics: {connections_max: \"3\"}",
                "agent.yaml:1:28: metrics.connections_max: expected a whole number, found the "
                "text \"3\""},
        Refusal{"OctalNumber", "metrics: {connections_max: 010}",
                "agent.yaml:1:28: metrics.connections_max: expected a whole number, found "
                "\"010\""},
        Refusal{"ListForText", "name: [a]", "agent.yaml:1:7: name: expected text, found a list"},
        Refusal{"TextForList", "roles: server",
                "agent.yaml:1:8: roles: expected a list, found \"server\""},
        Refusal{"TextForMapping", "metrics: x",
                "agent.yaml:1:10: metrics: expected a mapping, found \"x\""},
        Refusal{"NullForMapping", "metrics:\nname: a",
                "agent.yaml:1:1: metrics: is empty, expected a mapping; leave the key out for the "
                "default"},
        Refusal{"NullForText", "name: ~",
                "agent.yaml:1:7: name: is empty, expected text; leave the key out for the default"},
        Refusal{"OutOfBounds", "metrics:\n  connections_max: 0",
                "agent.yaml:2:20: metrics.connections_max: 0 is out of range, expected 1 to 4096"},
        Refusal{"OutOfType", "metrics:\n  connections_max: -1",
                "agent.yaml:2:20: metrics.connections_max: \"-1\" is out of range, expected 1 to "
                "4096"},
        Refusal{"TooLongDuration", "installer: {heartbeat: 1h}",
                "agent.yaml:1:24: installer.heartbeat: 3600 is out of range, expected 1 to 300 "
                "seconds"},
        Refusal{"BareDuration", "installer: {heartbeat: 10}",
                "agent.yaml:1:24: installer.heartbeat: \"10\" is not a duration, expected such as "
                "30s, 500ms or 1h30m"},
        Refusal{"SizeWithoutSense", "storage: {size_min_bytes: 10 GB disks}",
                "agent.yaml:1:27: storage.size_min_bytes: \"10 GB disks\" is not a size, expected "
                "such as 10GiB, 500MB or 4096"},
        Refusal{"SizeTooSmall", "storage: {size_min_bytes: 1kB}",
                "agent.yaml:1:27: storage.size_min_bytes: 1000 is out of range, expected 1048576 "
                "to 1000000000000000000 bytes"},
        Refusal{"NoSuchEnumValue", "storage: {allowed_kinds: [loop, floppy]}",
                "agent.yaml:1:33: storage.allowed_kinds[1]: expected one of physical, loop, zram, "
                "ram, network, optical, virtual, user-space, found \"floppy\""},
        Refusal{"UnspecifiedEnumValue", "roles: [unspecified]",
                "agent.yaml:1:9: roles[0]: expected one of server, worker, ceph, longhorn, dns, "
                "runner, found \"unspecified\""},
        Refusal{"Format", "name: Host_1",
                "agent.yaml:1:7: name: \"Host_1\" does not fit, expected a DNS name in lower case, "
                "at most 253 characters"},
        Refusal{
            "UnknownInList", "metrics: {disabled_collectors: [cpu, loadvag]}",
            "agent.yaml:1:38: metrics.disabled_collectors[1]: \"loadvag\" is not known, did you "
            "mean loadavg?"},
        Refusal{"TwiceInList", "roles: [dns, ceph,\n  dns]",
                "agent.yaml:2:3: roles[2]: dns is there twice, expected once: entry 0 is the same"},
        Refusal{"InBothOfTwoListsApart",
                "metrics:\n  enabled_collectors: [wifi]\n  disabled_collectors: [cpu, wifi]",
                "agent.yaml:3:30: metrics.disabled_collectors[1]: \"wifi\" is in "
                "enabled_collectors too, expected in one of them"},
        Refusal{"FormatOfAddress", "network: {node_address: 0.0.0.0}",
                "agent.yaml:1:25: network.node_address: \"0.0.0.0\" does not fit, expected an IPv4 "
                "or IPv6 address that other hosts can reach: not 0.0.0.0 or ::, loopback, "
                "link-local or multicast"},
        Refusal{"FormatOfMapKey", "labels:\n  rack: a\n  -x: b",
                "agent.yaml:3:7: labels[\"-x\"]: the key \"-x\" does not fit, expected a label "
                "key: [prefix/]name of A-Z, a-z, 0-9, '-', '_' and '.', at most 63"},
        Refusal{"TooManyEntries", "roles: [dns, dns, dns, dns, dns, dns, dns, dns, dns]",
                "agent.yaml:1:8: roles: 9 entries are too many, expected at most 8"},
        Refusal{"NotAMapping", "- a",
                "agent.yaml:1:1: expected a mapping of NodeSpec's keys, "
                "found a list"},
        Refusal{
            "SecondDocument", "name: a\n---\nname: b",
            "agent.yaml:2:1: a second document, expected one: is it indented like what is above?"},
        Refusal{"Tag", "name: !!binary aGk=",
                "agent.yaml:1:7: the tag \"tag:yaml.org,2002:binary\" is not supported, leave it "
                "out"},
        Refusal{"ListAsKey", "[a]: b",
                "agent.yaml:1:1: a list or mapping as a key, expected a name"},
        Refusal{"NotUtf8", "name: a\nlabels: {x: \xff}",
                "agent.yaml:2:13: a byte that is no UTF-8 text or a control character, expected "
                "UTF-8"},
        Refusal{"ControlCharacter", std::string_view("name: a\0b", 9),
                "agent.yaml:1:8: a byte that is no UTF-8 text or a control character, expected "
                "UTF-8"},
        Refusal{"EscapeInAnError", "\"n\\e[31m\": 1",
                "agent.yaml:1:1: unknown key \"n\\x1b[31m\", expected one of name, roles, labels, "
                "metrics, storage, network, installer, time"},
        Refusal{"AliasWithinItself", "labels: &a {x: *a}",
                "agent.yaml:1:16: an alias within what it names"}),
    [](const auto& refusal) { return std::string(refusal.param.name); });

TEST(DecodeYaml, SaysWhereTheYamlBreaks) {
  EXPECT_TRUE(errors_of("name: [a\nroles: b").starts_with("agent.yaml:"));
  EXPECT_TRUE(errors_of("name: \"a").starts_with("agent.yaml:1:"));
  EXPECT_TRUE(errors_of("}").starts_with("agent.yaml:1:1: not YAML"));
}

// What people mistype, in words that say what to do.
TEST(DecodeYaml, SaysWhatIsWrongWithBracketsQuotesAndTabs) {
  const auto says = [](const std::string& text, const std::string& wanted) {
    const std::string said = errors_of(text);
    EXPECT_TRUE(said.starts_with("agent.yaml:" + wanted)) << text << "\n" << said;
  };
  says("[", "1:1: not YAML: what begins here has no end");
  says("{name: a", "1:1: not YAML: what begins here has no end");
  says("name: a\nroles: [worker", "2:8: not YAML: a list that was begun with [ has no end");
  says("metrics: {listen: \"*:1\"", "1:10: not YAML: a mapping that was begun with { has no end");
  says("roles:\n\t- worker\n", "2:1: a tab in the indentation, expected spaces");
  says("metrics:\n  \tlisten: a\n", "2:3: a tab in the indentation, expected spaces");
  says("name: \"abc\nroles: []\n", "1:7: the quote that begins here has no end");
  says("name: 'it''s\n", "1:7: the quote that begins here has no end");
  says("name: \"abc", "1:11: not YAML: the text ends inside a quote");
  says("metrics:\n  listen: *:7444\n", "2:11: not YAML: an alias of nothing, expected quotes");
  says("name: a: b", "1:8: not YAML: a colon where none can stand");
  EXPECT_EQ(errors_of("name: \"a\" # it's [\n"), "");
  EXPECT_EQ(errors_of("labels: {a: 'x', b: \"y\"}\n"), "");
}

TEST(DecodeYaml, NamesEveryErrorInTheOrderOfTheFile) {
  EXPECT_EQ(errors_of("nme: a\nmetrics:\n  connections_max: 0\n  listen: x\ntime: 3\n"),
            "agent.yaml:1:1: unknown key \"nme\", did you mean name?\n"
            "agent.yaml:3:20: metrics.connections_max: 0 is out of range, expected 1 to 4096\n"
            "agent.yaml:4:11: metrics.listen: \"x\" does not fit, expected address:port, "
            "[v6]:port or *:port; port 0 on loopback alone\n"
            "agent.yaml:5:7: time: expected a mapping, found \"3\"");
}

TEST(DecodeYaml, CountsErrorsBeyondTwenty) {
  std::string text;
  for (int index = 0; index < 1000; ++index) text += "x" + std::to_string(index) + ": 1\n";
  const std::string errors = errors_of(text);
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), kYamlErrorsMax);
  EXPECT_TRUE(errors.ends_with("\nand 980 more")) << errors;
}

TEST(DecodeYaml, AsksForWhatIsRequired) {
  v1::JoinRequest join;
  EXPECT_EQ(errors_of("endpoint: a:1\n", join), "agent.yaml:1:1: token: is missing, and required");
  EXPECT_EQ(errors_of("endpoint: a:1\ntoken: \"\"\n", join),
            "agent.yaml:2:8: token: is missing, and required");
  EXPECT_EQ(errors_of("", join),
            "agent.yaml:1:1: endpoint: is missing, and required\n"
            "agent.yaml:1:1: token: is missing, and required");
}

TEST(DecodeYaml, TakesOneMemberOfAOneof) {
  v1::HelperResponse response;
  EXPECT_EQ(errors_of("problem: {code: io}\nprobe: {held: true}\n", response),
            "agent.yaml:2:1: probe: one of response is set already, expected one");
}

TEST(DecodeYaml, ReadsJson) {
  v1::NodeSpec spec;
  const auto decoded =
      decode_yaml("{\n\t\"name\": \"a\\u0062\\/c\",\"roles\":[\"dns\"]}\n", "body", spec);
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().message.substr(0, 32), "body:2:10: name: \"ab/c\" does not");
}

TEST(FromJson, JoinsSurrogatePairs) {
  v1::CreateTokenRequest request;
  const auto decoded = from_json(R"({"note": "\ud83d\ude00 \\ud83d"})", "body", request);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(request.note(), "\xf0\x9f\x98\x80 \\ud83d");
}

TEST(DecodeYaml, CopiesAliases) {
  v1::NodeSpec spec;
  const auto decoded = decode_yaml("labels: {a: &x y, b: *x}\n", "agent.yaml", spec);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(spec.labels().at("b"), "y");
}

// Goal: no short text costs much. Method: the known bombs, each refused by name.
TEST(DecodeYaml, RefusesABillionLaughs) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 12; ++level) {
    const std::string last = "*a" + std::to_string(level - 1);
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + last;
    for (int copy = 1; copy < 10; ++copy) text += ", " + last;
    text += "]\n";
  }
  EXPECT_NE(errors_of(text).find("more than 100000 values"), std::string::npos);
}

TEST(DecodeYaml, RefusesCopiesOfALongText) {
  std::string text = "labels: [&a " + std::string(500'000, 'x');
  for (int copy = 0; copy < 1000; ++copy) text += ", *a";
  EXPECT_NE(errors_of(text + "]\n").find("larger than 4 MiB"), std::string::npos);
}

TEST(DecodeYaml, RefusesDeepNesting) {
  EXPECT_NE(errors_of("name: " + std::string(100, '[') + std::string(100, ']'))
                .find("nested deeper than 64"),
            std::string::npos);
  EXPECT_NE(errors_of("name: " + std::string(500'000, '[')), "");
  EXPECT_NE(errors_of("name: " + std::string(500'000, '{')), "");
  std::string text = "a0: &a0 [x]\n";
  for (int level = 1; level < 100; ++level) {
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [*a" +
            std::to_string(level - 1) + "]\n";
  }
  EXPECT_NE(errors_of(text).find("nested deeper than 64"), std::string::npos);
}

TEST(DecodeYaml, RefusesMoreThanAMebibyte) {
  EXPECT_EQ(errors_of("name: " + std::string(1 << 20, 'x')),
            "agent.yaml:1:1: larger than 1 MiB, expected a configuration");
}

}  // namespace
}  // namespace joist::base
