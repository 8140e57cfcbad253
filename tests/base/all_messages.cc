#include "tests/base/all_messages.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <string>

#include "base/message_rules.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/apply.pb.h"
#include "joist/v1/cluster.pb.h"
#include "joist/v1/condition.pb.h"
#include "joist/v1/disk.pb.h"
#include "joist/v1/enrolment.pb.h"
#include "joist/v1/helper.pb.h"
#include "joist/v1/host.pb.h"
#include "joist/v1/journal.pb.h"
#include "joist/v1/network.pb.h"
#include "joist/v1/plan.pb.h"
#include "joist/v1/report.pb.h"
#include "joist/v1/rule.pb.h"
#include "joist/v1/session.pb.h"
#include "joist/v1/smartctl.pb.h"
#include "joist/v1/spec.pb.h"
#include "joist/v1/web_config.pb.h"

namespace joist::base {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Timestamp;

void collect(const Descriptor& type, std::vector<const Descriptor*>& types) {
  if (type.options().map_entry()) return;
  types.push_back(&type);
  for (int index = 0; index < type.nested_type_count(); ++index) {
    collect(*type.nested_type(index), types);
  }
}

class Filler {
 public:
  explicit Filler(unsigned seed) : random_(seed) {}

  void fill(Message& message) {
    const auto& type = *message.GetDescriptor();
    for (int index = 0; index < type.field_count(); ++index) {
      const FieldDescriptor& field = *type.field(index);
      if (const auto* oneof = field.real_containing_oneof()) {
        const int chosen = pick(oneof->field_count());
        if (oneof->field(0) == &field) fill_field(message, *oneof->field(chosen));
        continue;
      }
      const bool required = rule_of(field).required();
      if (!required && pick(5) == 0) continue;
      const unsigned bound = rule_of(field).unique() ? 1 : rule_of(field).length_max();
      const int most = bound == 0 ? 3 : static_cast<int>(std::min(bound, 3U));
      const int count = field.is_repeated() ? (required ? 1 : 0) + pick(most) : 1;
      for (int entry = 0; entry < count; ++entry) fill_field(message, field);
    }
  }

 private:
  int pick(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }

  template <typename Value, typename Set, typename Add>
  void store(Message& message, const FieldDescriptor& field, Value value, Set set, Add add) {
    const auto& reflection = *message.GetReflection();
    if (field.is_repeated()) {
      (reflection.*add)(&message, &field, std::move(value));
    } else {
      (reflection.*set)(&message, &field, std::move(value));
    }
  }

  void fill_field(Message& message, const FieldDescriptor& field) {
    using R = google::protobuf::Reflection;
    const v1::Rule& rule = rule_of(field);
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return fill_message(message, field);
      case FieldDescriptor::CPPTYPE_STRING:
        return store(message, field, text(field, rule.format(), rule), &R::SetString,
                     &R::AddString);
      case FieldDescriptor::CPPTYPE_BOOL:
        return store(message, field, pick(2) == 1, &R::SetBool, &R::AddBool);
      case FieldDescriptor::CPPTYPE_ENUM: {
        const auto& type = *field.enum_type();
        return store(message, field, type.value(1 + pick(type.value_count() - 1)), &R::SetEnum,
                     &R::AddEnum);
      }
      case FieldDescriptor::CPPTYPE_INT32:
        return store(message, field, number<std::int32_t>(rule), &R::SetInt32, &R::AddInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return store(message, field, number<std::int64_t>(rule), &R::SetInt64, &R::AddInt64);
      case FieldDescriptor::CPPTYPE_UINT32:
        return store(message, field, number<std::uint32_t>(rule), &R::SetUInt32, &R::AddUInt32);
      case FieldDescriptor::CPPTYPE_UINT64:
        return store(message, field, number<std::uint64_t>(rule), &R::SetUInt64, &R::AddUInt64);
      case FieldDescriptor::CPPTYPE_FLOAT:
        return store(message, field, 0.1F, &R::SetFloat, &R::AddFloat);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return store(message, field, 1e300 / 3, &R::SetDouble, &R::AddDouble);
    }
  }

  template <typename Number>
  Number number(const v1::Rule& rule) {
    if (rule.bounded()) return static_cast<Number>(pick(2) == 0 ? rule.min() : rule.max());
    const std::array<Number, 4> numbers{0, 1, std::numeric_limits<Number>::max(),
                                        std::numeric_limits<Number>::min()};
    return numbers[static_cast<std::size_t>(pick(4))];
  }

  void fill_message(Message& message, const FieldDescriptor& field) {
    const auto& reflection = *message.GetReflection();
    Message& held = field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                        : *reflection.MutableMessage(&message, &field);
    const v1::Rule& rule = rule_of(field);
    if (field.is_map()) {
      const auto& type = *held.GetDescriptor();
      held.GetReflection()->SetString(&held, type.map_key(),
                                      text(*type.map_key(), rule.key_format(), {}));
      held.GetReflection()->SetString(&held, type.map_value(),
                                      text(*type.map_value(), rule.format(), {}));
    } else if (field.message_type() == Duration::descriptor()) {
      Duration duration;
      duration.set_seconds(rule.bounded() ? static_cast<std::int64_t>(rule.max())
                                          : 315'575'999'999);
      if (!rule.bounded()) duration.set_nanos(pick(2) == 0 ? 0 : 120'000'001);
      held.CopyFrom(duration);
    } else if (field.message_type() == Timestamp::descriptor()) {
      Timestamp time;
      time.set_seconds(pick(2) == 0 ? 253'402'300'799 : -1);
      time.set_nanos(pick(2) == 0 ? 0 : 999'000'000);
      held.CopyFrom(time);
    } else {
      fill(held);
    }
  }

  std::string text(const FieldDescriptor& field, v1::Format format, const v1::Rule& rule) {
    static const std::array<std::string, 16> kTexts{"plain",
                                                    "two words",
                                                    "true",
                                                    "12",
                                                    "- a: b # c",
                                                    "x: y",
                                                    "a\nb\t\"c\"\\",
                                                    "\x1b[31mred",
                                                    "n\xc3\xa9 \xf0\x9f\x98\x80",
                                                    "~",
                                                    "null",
                                                    " led by a blank",
                                                    "ends: ",
                                                    "'",
                                                    "*a",
                                                    "\x7f\xc2\x85"};
    const bool bytes = field.type() == FieldDescriptor::TYPE_BYTES;
    switch (format) {
      case v1::FORMAT_LISTEN:
        return pick(2) == 0 ? "*:7444" : "[::1]:0";
      case v1::FORMAT_ENDPOINT:
        return pick(2) == 0 ? "installer.example:7443" : "[2001:db8::1]:7443";
      case v1::FORMAT_ADDRESS:
      case v1::FORMAT_HOST_ADDRESS:
        return "2001:db8::1";
      case v1::FORMAT_ABSOLUTE_PATH:
        return "/dev/disk/by id";
      case v1::FORMAT_UNSPECIFIED:
        if (!rule.known().empty()) return rule.known(pick(rule.known_size()));
        if (bytes) return std::string("\0\xff\x80 bytes", static_cast<std::size_t>(3 + pick(6)));
        return kTexts[static_cast<std::size_t>(pick(rule.length_max() == 0 ? 16 : 4))];
      default:
        return "abc-" + std::to_string(pick(10));
    }
  }

  std::mt19937 random_;
};

}  // namespace

std::vector<const Descriptor*> all_messages() {
  std::vector<const Descriptor*> types;
  for (const Descriptor* type :
       {v1::Status::descriptor(), v1::ApplyRequest::descriptor(), v1::ClusterSpec::descriptor(),
        v1::WebConfig::descriptor(), v1::Condition::descriptor(), v1::Disk::descriptor(),
        v1::EnrollRequest::descriptor(), v1::HelperRequest::descriptor(), v1::Host::descriptor(),
        v1::DiskJob::descriptor(), v1::Link::descriptor(), v1::DiskPlan::descriptor(),
        v1::Report::descriptor(), v1::Rule::descriptor(), v1::Hello::descriptor(),
        v1::NodeSpec::descriptor(), v1::SmartctlReport::descriptor()}) {
    for (int index = 0; index < type->file()->message_type_count(); ++index) {
      collect(*type->file()->message_type(index), types);
    }
  }
  return types;
}

std::unique_ptr<Message> make_message(const Descriptor& type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
}

void fill(Message& message, unsigned seed) {
  Filler(seed).fill(message);
  message.ParseFromString(message.SerializeAsString());  // joins equal keys of maps
}

}  // namespace joist::base
