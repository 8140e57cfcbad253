#include "base/message_text.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "base/message_rules.h"
#include "base/yaml_message.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/spec.pb.h"
#include "tests/base/all_messages.h"

namespace joist::base {
namespace {

// Goal: what is printed is read back as the same message, for every message of
// the schema. Method: fill by reflection with values that are hard on encoders.
TEST(MessageText, EveryMessageOfTheSchemaComesBack) {
  int read_back = 0;
  for (const auto* type : all_messages()) {
    for (unsigned seed = 0; seed < 20; ++seed) {
      SCOPED_TRACE(type->full_name() + " filled with seed " + std::to_string(seed));
      const auto message = make_message(*type);
      fill(*message, seed);
      ASSERT_TRUE(check_rules(*message).has_value()) << check_rules(*message).error().message;
      for (const std::string& text :
           {to_yaml(*message), to_json(*message), to_json(*message, JsonLayout::OneLine)}) {
        const auto again = make_message(*type);
        const auto decoded = decode_yaml(text, "text", *again);
        ASSERT_TRUE(decoded.has_value()) << decoded.error().message << "\n" << text;
        ASSERT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*message, *again))
            << message->DebugString() << "\n"
            << text << "\n"
            << again->DebugString();
        ++read_back;
      }
    }
  }
  EXPECT_GT(read_back, 50 * 20 * 3);
}

v1::ListDisksResponse two_disks() {
  v1::ListDisksResponse response;
  response.mutable_observed_time()->set_seconds(1'767'225'600);
  auto* disk = response.add_disks();
  disk->set_name("sda");
  disk->set_model("yes");
  disk->set_size_bytes(1ULL << 63);
  disk->set_class_(v1::DISK_CLASS_IN_USE);
  disk->add_by_id("ata-X: 1");
  disk->add_signatures()->set_type("gpt");
  response.add_disks()->set_name("sdb");
  return response;
}

TEST(MessageText, YamlIsReadByPeople) {
  EXPECT_EQ(to_yaml(two_disks()),
            R"(disks:
  - name: sda
    model: "yes"
    by_id:
      - "ata-X: 1"
    by_path: []
    size_bytes: 9223372036854775808
    logical_sector_bytes: 0
    physical_sector_bytes: 0
    rotational: false
    removable: false
    read_only: false
    class: in-use
    reasons: []
    uses: []
    signatures:
      - type: gpt
        offset_bytes: 0
        length_bytes: 0
    partitions: []
    diskseq: 0
    probed: false
    doubts: []
  - name: sdb
    by_id: []
    by_path: []
    size_bytes: 0
    logical_sector_bytes: 0
    physical_sector_bytes: 0
    rotational: false
    removable: false
    read_only: false
    reasons: []
    uses: []
    signatures: []
    partitions: []
    diskseq: 0
    probed: false
    doubts: []
observed_time: "2026-01-01T00:00:00Z"
)");
}

TEST(MessageText, JsonIsReadByPrograms) {
  v1::NodeSpec spec;
  spec.set_name("a\"b\x1b\n");
  spec.add_roles(v1::ROLE_CEPH);
  (*spec.mutable_labels())["z"] = "1";
  (*spec.mutable_labels())["a"] = "2";
  spec.mutable_metrics();
  spec.mutable_installer()->mutable_heartbeat()->set_nanos(500'000'000);
  EXPECT_EQ(
      to_json(spec, JsonLayout::OneLine),
      R"({"name":"a\"b\u001b\n","roles":["ceph"],"labels":{"a":"2","z":"1"},)"
      R"("metrics":{"disabled_collectors":[],"enabled_collectors":[],"textfile_directories":[],)"
      R"("collector_settings":[]},)"
      R"("installer":{"heartbeat":"0.5s"}})");
  EXPECT_EQ(to_json(v1::GetStatusRequest()), "{}\n");
  EXPECT_EQ(to_yaml(v1::GetStatusRequest()), "{}\n");
}

TEST(MessageText, InvalidUtf8DoesNotGoThrough) {
  v1::Disk disk;
  disk.set_serial("a\xff\xfe");
  EXPECT_NE(to_json(disk).find("\"serial\": \"a\xef\xbf\xbd\xef\xbf\xbd\""), std::string::npos);
}

}  // namespace
}  // namespace joist::base
