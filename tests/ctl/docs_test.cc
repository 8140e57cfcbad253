// Goal: what people read is what the programs take. Method: the examples and the
// pages in docs/ against the schema.
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/config_file.h"
#include "base/value_text.h"
#include "base/yaml_message.h"
#include "ctl/command_list.h"
#include "joist/v1/cluster.pb.h"
#include "joist/v1/spec.pb.h"

namespace joist::ctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const std::string kDocs = JOIST_SOURCE_DIR "/docs/";

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// "metrics", "metrics.listen", … of a configuration, with their fields.
void collect(const Descriptor& type, const std::string& prefix,
             std::vector<std::pair<std::string, const FieldDescriptor*>>& keys) {
  for (int index = 0; index < type.field_count(); ++index) {
    const FieldDescriptor& field = *type.field(index);
    keys.emplace_back(prefix + field.name(), &field);
    const bool nested = field.message_type() != nullptr && !field.is_map() &&
                        field.message_type() != google::protobuf::Duration::descriptor() &&
                        field.message_type() != google::protobuf::Timestamp::descriptor();
    if (nested) collect(*field.message_type(), prefix + field.name() + ".", keys);
  }
}

// The example as if all its defaults were written out: "#key: …", and "#  key: …"
// within a mapping; "# " alone and "#  # " explain.
std::string uncommented(const std::string& example) {
  std::istringstream lines(example);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const bool outer = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    const bool inner = line.starts_with("#  ") && !line.starts_with("#  #");
    if (outer || inner) text += line.substr(1) + "\n";
  }
  return text;
}

class Configuration : public testing::TestWithParam<const char*> {
 protected:
  std::string file() const { return GetParam(); }
  const Descriptor& type() const {
    return file() == "agent" ? *v1::NodeSpec::descriptor() : *v1::ClusterSpec::descriptor();
  }
  std::unique_ptr<google::protobuf::Message> message() const {
    if (file() == "agent") return std::make_unique<v1::NodeSpec>();
    return std::make_unique<v1::ClusterSpec>();
  }
  std::vector<std::pair<std::string, const FieldDescriptor*>> keys() const {
    std::vector<std::pair<std::string, const FieldDescriptor*>> all;
    collect(type(), "", all);
    return all;
  }
  // The part of docs/configuration.md about this file.
  std::string page() const {
    const std::string text = slurp(kDocs + "configuration.md");
    const auto begin = text.find("\n## " + file() + ".yaml\n");
    EXPECT_NE(begin, std::string::npos);
    return text.substr(begin, text.find("\n## ", begin + 1) - begin);
  }
};

TEST_P(Configuration, ExampleIsAllDefaults) {
  const auto config = message();
  const auto decoded = decode_yaml(slurp(kDocs + "examples/" + file() + ".yaml"), file(), *config);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(config->ByteSizeLong(), 0U) << config->DebugString();
}

TEST_P(Configuration, ExampleIsGoodWhenItsCommentsAreTakenAway) {
  const std::string text = uncommented(slurp(kDocs + "examples/" + file() + ".yaml"));
  const auto config = message();
  const auto decoded = decode_yaml(text, file(), *config);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message << "\n" << text;
  for (const auto& [key, field] : keys()) {
    const std::string last = key.substr(key.rfind('.') + 1);
    EXPECT_NE(("\n" + text).find(last + ":"), std::string::npos) << key << " is not in the example";
  }
}

TEST_P(Configuration, PageHasEveryKeyAndNoOther) {
  const std::string text = page();
  std::set<std::string> known;
  for (const auto& [key, field] : keys()) {
    known.insert(key);
    const auto row = text.find("\n| `" + key + "` | ");
    ASSERT_NE(row, std::string::npos) << key << " is not in docs/configuration.md";
    const std::string line = text.substr(row + 1, text.find('\n', row + 1) - row - 1);
    if (field->enum_type() == nullptr) continue;
    for (int index = 1; index < field->enum_type()->value_count(); ++index) {
      const std::string word =
          enum_word(*field->enum_type(), field->enum_type()->value(index)->number());
      EXPECT_NE(line.find("`" + word + "`"), std::string::npos) << key << " may be " << word;
    }
  }
  for (auto row = text.find("\n| `"); row != std::string::npos; row = text.find("\n| `", row + 1)) {
    const std::string key = text.substr(row + 4, text.find('`', row + 4) - row - 4);
    EXPECT_TRUE(known.contains(key)) << key << " is no key of " << file() << ".yaml";
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Configuration, testing::Values("agent", "installer"));

TEST(JoistctlPage, HasEveryCommandAndExit) {
  const std::string page = slurp(kDocs + "joistctl.md");
  const std::string manual = slurp(kDocs + "man/joistctl.1");
  for (const Command& command : commands()) {
    if (command.group == Group::Hidden) continue;
    EXPECT_NE(page.find("`" + std::string(command.name)), std::string::npos) << command.name;
  }
  for (int exit = 0; exit <= 6; ++exit) {
    EXPECT_NE(page.find("\n| " + std::to_string(exit) + " | "), std::string::npos) << exit;
    EXPECT_NE(manual.find("\n.It " + std::to_string(exit) + "\n"), std::string::npos) << exit;
  }
}

}  // namespace
}  // namespace joist::ctl
