// Holds the schema itself to what it promises: hosts and installers of different
// versions understand each other, and every field says what it is.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include "tests/base/all_messages.h"

namespace joist::base {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

const std::string kGolden = JOIST_FIXTURE_DIR "/schema.txt";

// The schema as protoc compiled it, with the comments that generated code lacks.
class Schema {
 public:
  Schema() {
    google::protobuf::FileDescriptorSet set;
    std::ifstream file(JOIST_SCHEMA_SET, std::ios::binary);
    EXPECT_TRUE(set.ParseFromIstream(&file)) << JOIST_SCHEMA_SET;
    for (const auto& proto : set.file()) {
      const FileDescriptor* built = pool_.BuildFile(proto);
      EXPECT_NE(built, nullptr) << proto.name();
      if (built != nullptr && built->package() == "joist.v1") files_.push_back(built);
    }
  }
  const std::vector<const FileDescriptor*>& files() const { return files_; }

  std::vector<const Descriptor*> messages() const {
    std::vector<const Descriptor*> types;
    for (const auto* file : files_) {
      for (int i = 0; i < file->message_type_count(); ++i) collect(*file->message_type(i), types);
    }
    return types;
  }

 private:
  static void collect(const Descriptor& type, std::vector<const Descriptor*>& types) {
    if (type.options().map_entry()) return;
    types.push_back(&type);
    for (int i = 0; i < type.nested_type_count(); ++i) collect(*type.nested_type(i), types);
  }

  google::protobuf::DescriptorPool pool_;
  std::vector<const FileDescriptor*> files_;
};

std::string type_text(const FieldDescriptor& field) {
  if (field.is_map()) {
    return "map<" + type_text(*field.message_type()->map_key()) + "," +
           type_text(*field.message_type()->map_value()) + ">";
  }
  std::string text = field.is_repeated() ? "repeated " : "";
  if (field.message_type() != nullptr) return text + field.message_type()->full_name();
  if (field.enum_type() != nullptr) return text + field.enum_type()->full_name();
  return text + field.type_name();
}

void add_enum(const EnumDescriptor& type, std::set<std::string>& lines) {
  for (int i = 0; i < type.value_count(); ++i) {
    lines.insert(type.full_name() + " " + std::to_string(type.value(i)->number()) + " " +
                 type.value(i)->name());
  }
}

// What travels and what people write: one line for each field, enum value, method.
std::set<std::string> schema_lines(const Schema& schema) {
  std::set<std::string> lines;
  for (const Descriptor* type : schema.messages()) {
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor& field = *type->field(i);
      lines.insert(type->full_name() + " " + std::to_string(field.number()) + " " +
                   type_text(field) + " " + field.name());
    }
    for (int i = 0; i < type->enum_type_count(); ++i) add_enum(*type->enum_type(i), lines);
  }
  for (const FileDescriptor* file : schema.files()) {
    for (int i = 0; i < file->enum_type_count(); ++i) add_enum(*file->enum_type(i), lines);
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        const auto& method = *file->service(i)->method(j);
        lines.insert(method.full_name() + " " + method.input_type()->full_name() + " " +
                     method.output_type()->full_name());
      }
    }
  }
  return lines;
}

// Fields, values and methods may be added; none may change or go. After adding:
//   JOIST_UPDATE_GOLDEN=1 base_schema_test
TEST(Schema, OnlyGrows) {
  const Schema schema;
  const std::set<std::string> lines = schema_lines(schema);
  if (std::getenv("JOIST_UPDATE_GOLDEN") != nullptr) {
    std::ofstream out(kGolden);
    for (const auto& line : lines) out << line << "\n";
  }
  std::ifstream golden(kGolden);
  ASSERT_TRUE(golden.is_open()) << kGolden;
  std::size_t kept = 0;
  for (std::string line; std::getline(golden, line); ++kept) {
    EXPECT_TRUE(lines.contains(line))
        << "changed or removed, so that another version would misread it: " << line;
  }
  EXPECT_GT(kept, 200U);
  if (kept < lines.size()) {
    std::cout << lines.size() - kept << " additions are not in " << kGolden
              << " yet; record them with JOIST_UPDATE_GOLDEN=1\n";
  }
}

TEST(Schema, IsTestedWhole) {
  std::set<std::string> tested;
  for (const auto* type : all_messages()) tested.insert(type->full_name());
  const Schema schema;
  for (const auto* type : schema.messages()) {
    EXPECT_TRUE(tested.contains(type->full_name()))
        << type->full_name() << " is not in tests/base/all_messages.cc";
  }
}

// "// bytes" or "// Source: …" above a field or behind it.
TEST(Schema, EveryFieldIsCommented) {
  const Schema schema;
  for (const Descriptor* type : schema.messages()) {
    for (int i = 0; i < type->field_count(); ++i) {
      google::protobuf::SourceLocation location;
      ASSERT_TRUE(type->field(i)->GetSourceLocation(&location)) << type->field(i)->full_name();
      EXPECT_FALSE(location.leading_comments.empty() && location.trailing_comments.empty())
          << type->file()->name() << ":" << location.start_line + 1 << ": "
          << type->field(i)->full_name() << " needs a comment: its meaning, unit and source";
    }
  }
}

// decode_yaml() and enum_word() rest on these.
TEST(Schema, EnumsAreNamedAsTheStyleHasIt) {
  const Schema schema;
  for (const FileDescriptor* file : schema.files()) {
    for (int i = 0; i < file->enum_type_count(); ++i) {
      const EnumDescriptor& type = *file->enum_type(i);
      EXPECT_TRUE(type.value(0)->number() == 0 && type.value(0)->name().ends_with("_UNSPECIFIED"))
          << type.full_name();
      const std::string first = type.value(0)->name();
      const std::string prefix = first.substr(0, first.size() - std::string("UNSPECIFIED").size());
      for (int j = 0; j < type.value_count(); ++j) {
        EXPECT_TRUE(type.value(j)->name().starts_with(prefix)) << type.value(j)->full_name();
      }
    }
  }
}

}  // namespace
}  // namespace joist::base
