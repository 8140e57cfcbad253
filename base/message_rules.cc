#include "base/message_rules.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/closest_word.h"
#include "base/utf8.h"
#include "base/value_format.h"
#include "base/value_text.h"

namespace joist {
namespace {

using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Timestamp;
using What = std::optional<std::string>;

std::string number_text(double value) {
  std::array<char, 32> text{};
  const bool whole = std::abs(value) < 9e18 && std::trunc(value) == value;
  const auto end = whole ? std::to_chars(text.data(), text.data() + text.size(),
                                         static_cast<std::int64_t>(value))
                         : std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

// A reader of one value, in a field or in entry `index` of a repeated one.
struct Value {
  const Message& message;
  const FieldDescriptor& field;
  int index;  // -1: a singular field

  template <typename Single, typename Repeated>
  auto get(Single single, Repeated repeated) const {
    const auto& reflection = *message.GetReflection();
    return index < 0 ? (reflection.*single)(message, &field)
                     : (reflection.*repeated)(message, &field, index);
  }
  const std::string& text(std::string& scratch) const {
    const auto& reflection = *message.GetReflection();
    return index < 0 ? reflection.GetStringReference(message, &field, &scratch)
                     : reflection.GetRepeatedStringReference(message, &field, index, &scratch);
  }
  const Message& sub() const {
    const auto& reflection = *message.GetReflection();
    return index < 0 ? reflection.GetMessage(message, &field)
                     : reflection.GetRepeatedMessage(message, &field, index);
  }
};

std::optional<double> number_of(const Value& value) {
  using google::protobuf::Reflection;
  switch (value.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return value.get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<double>(value.get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return value.get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<double>(value.get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return value.get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return value.get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble);
    default:
      return std::nullopt;
  }
}

What number_breach(double number, const v1::Rule& rule, bool written) {
  const bool unset = number == 0 && !written;
  if (!rule.bounded() || unset || (number >= rule.min() && number <= rule.max())) return {};
  return number_text(number) + " is out of range, expected " + number_text(rule.min()) + " to " +
         number_text(rule.max()) + (rule.unit().empty() ? "" : " " + rule.unit());
}

std::vector<std::string> known_to(const FieldDescriptor& field, const v1::Rule& rule) {
  const auto* other = field.containing_type()->FindFieldByName(rule.known_of());
  const auto& known = other == nullptr ? rule.known() : rule_of(*other).known();
  return {known.begin(), known.end()};
}

What unknown_breach(const std::string& text, const std::vector<std::string>& known) {
  if (known.empty() || std::ranges::find(known, text) != known.end()) return {};
  if (const auto closest = closest_word(text, known)) {
    return in_quotes(text) + " is not known, did you mean " + *closest + "?";
  }
  std::string all;
  for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
  return in_quotes(text) + " is not known, expected one of " + all;
}

What string_breach(const std::string& text, const FieldDescriptor& field, const v1::Rule& rule,
                   std::size_t length_max) {
  const bool bytes = field.type() == FieldDescriptor::TYPE_BYTES;
  const std::size_t length = bytes ? text.size() : count_code_points(text);
  if (length > length_max) {
    return std::to_string(length) + (bytes ? " bytes" : " characters") +
           " are too long, expected at most " + std::to_string(length_max);
  }
  if (!text.empty() && !has_format(text, rule.format())) {
    return in_quotes(text) + " does not fit, expected " + format_expected(rule.format());
  }
  return text.empty() && !field.is_repeated() ? What()
                                              : unknown_breach(text, known_to(field, rule));
}

// The parts of seconds and nanos that duration.proto and timestamp.proto allow.
What message_breach(const Message& message, const v1::Rule& rule) {
  constexpr int nanos_max = 999'999'999;
  if (message.GetDescriptor() == Timestamp::descriptor()) {
    Timestamp time;
    time.CopyFrom(message);
    const bool good = timestamp_text(time) != "out-of-range";
    return good ? What() : "is no time between the years 1 and 9999";
  }
  if (message.GetDescriptor() != Duration::descriptor()) return {};

  Duration duration;
  duration.CopyFrom(message);
  const auto seconds = duration.seconds();
  const auto nanos = duration.nanos();
  if (seconds > 315'576'000'000 || seconds < -315'576'000'000 || nanos > nanos_max ||
      nanos < -nanos_max || (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0)) {
    return "is no valid duration (google/protobuf/duration.proto)";
  }
  return number_breach(static_cast<double>(seconds) + nanos / 1e9, rule, true);
}

What value_breach(const Value& value, const v1::Rule& rule, std::size_t length_max, bool written) {
  std::string scratch;
  switch (value.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return string_breach(value.text(scratch), value.field, rule, length_max);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return message_breach(value.sub(), rule);
    default:
      const auto number = number_of(value);
      return number ? number_breach(*number, rule, written) : What();
  }
}

// A map's entry is a message of `key` and `value`; the rule is the map's.
What entry_breach(const Message& entry, const v1::Rule& rule) {
  const auto& key = *entry.GetDescriptor()->map_key();
  if (key.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    std::string scratch;
    const auto& text = Value{entry, key, -1}.text(scratch);
    if (!has_format(text, rule.key_format())) {
      return "the key " + in_quotes(text) + " does not fit, expected " +
             format_expected(rule.key_format());
    }
    if (auto what = string_breach(text, key, v1::Rule(), kLengthMax)) return what;
  }
  return value_breach({entry, *entry.GetDescriptor()->map_value(), -1}, rule, kLengthMax, true);
}

// For people: long text is cut.
std::string shown(const Value& value) {
  using google::protobuf::Reflection;
  std::string scratch;
  if (value.field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return in_quotes(value.text(scratch));
  }
  if (value.field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const int number = value.get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue);
    return enum_word(*value.field.enum_type(), number);
  }
  return number_text(number_of(value).value_or(0));
}

// To tell one from another: two long texts may be shown alike.
std::string exact(const Value& value) {
  std::string scratch;
  return value.field.cpp_type() == FieldDescriptor::CPPTYPE_STRING
             ? std::string(value.text(scratch))
             : shown(value);
}

// Entries that were there before.
void find_repeated(const Message& message, const FieldDescriptor& field,
                   std::vector<FieldBreach>& breaches) {
  std::map<std::string, int> first;
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int index = 0; index < size; ++index) {
    const Value value{message, field, index};
    const auto [found, added] = first.emplace(exact(value), index);
    if (added) continue;
    breaches.push_back({index, shown(value) + " is there twice, expected once: entry " +
                                   std::to_string(found->second) + " is the same"});
  }
}

// Entries that the other list has as well.
void find_common(const Message& message, const FieldDescriptor& field, const FieldDescriptor& other,
                 std::vector<FieldBreach>& breaches) {
  const auto& reflection = *message.GetReflection();
  std::set<std::string> others;
  for (int index = 0; index < reflection.FieldSize(message, &other); ++index) {
    others.insert(exact({message, other, index}));
  }
  for (int index = 0; index < reflection.FieldSize(message, &field); ++index) {
    const Value value{message, field, index};
    if (!others.contains(exact(value))) continue;
    breaches.push_back(
        {index, shown(value) + " is in " + other.name() + " too, expected in one of them"});
  }
}

std::vector<FieldBreach> list_breaches(const Message& message, const FieldDescriptor& field,
                                       const v1::Rule& rule) {
  const auto& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  const std::size_t most = rule.length_max() == 0 ? kLengthMax : rule.length_max();
  if (static_cast<std::size_t>(size) > most) {
    return {{-1, std::to_string(size) + " entries are too many, expected at most " +
                     std::to_string(most)}};
  }
  std::vector<FieldBreach> breaches;
  for (int index = 0; index < size; ++index) {
    const auto what =
        field.is_map() ? entry_breach(reflection.GetRepeatedMessage(message, &field, index), rule)
                       : value_breach({message, field, index}, rule, kLengthMax, true);
    if (what) breaches.push_back({index, *what});
  }
  if (rule.unique() && breaches.empty()) find_repeated(message, field, breaches);
  const auto* apart = rule.apart_from().empty()
                          ? nullptr
                          : field.containing_type()->FindFieldByName(rule.apart_from());
  if (apart != nullptr && breaches.empty()) find_common(message, field, *apart, breaches);
  return breaches;
}

bool is_set(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                             : reflection.HasField(message, &field);
}

std::string entry_path(const Message& message, const FieldDescriptor& field, int index) {
  if (!field.is_map()) return field.name() + "[" + std::to_string(index) + "]";
  const Message& entry = message.GetReflection()->GetRepeatedMessage(message, &field, index);
  const auto& key = *entry.GetDescriptor()->map_key();
  std::string scratch;
  if (key.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return field.name() + "[" + in_quotes(Value{entry, key, -1}.text(scratch)) + "]";
  }
  return field.name() + "[" + number_text(number_of({entry, key, -1}).value_or(0)) + "]";
}

What first_breach(const Message& message);

What breach_inside(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    const auto what = first_breach(reflection.GetMessage(message, &field));
    return what ? field.name() + "." + *what : What();
  }
  for (int index = 0; index < reflection.FieldSize(message, &field); ++index) {
    if (const auto what = first_breach(reflection.GetRepeatedMessage(message, &field, index))) {
      return entry_path(message, field, index) + "." + *what;
    }
  }
  return {};
}

What first_breach(const Message& message) {
  const auto& type = *message.GetDescriptor();
  for (int index = 0; index < type.field_count(); ++index) {
    const FieldDescriptor& field = *type.field(index);
    for (const auto& breach : field_breaches(message, field, false)) {
      const auto path = breach.entry < 0 ? field.name() : entry_path(message, field, breach.entry);
      return path + ": " + breach.what;
    }
    const bool holds_messages = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (!holds_messages || !is_set(message, field)) continue;
    if (auto what = breach_inside(message, field)) return what;
  }
  return {};
}

}  // namespace

const v1::Rule& rule_of(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::rule);
}

std::vector<FieldBreach> field_breaches(const Message& message, const FieldDescriptor& field,
                                        bool written) {
  const v1::Rule& rule = rule_of(field);
  if (!is_set(message, field)) {
    if (rule.required()) return {{-1, "is missing, and required"}};
    const bool implicit = !field.is_repeated() && !field.has_presence();
    if (!implicit || !written) return {};
  }
  if (field.is_repeated()) return list_breaches(message, field, rule);
  const std::size_t length_max = rule.length_max() == 0 ? kLengthMax : rule.length_max();
  if (const auto what = value_breach({message, field, -1}, rule, length_max, written)) {
    return {{-1, *what}};
  }
  return {};
}

Result<void> check_rules(const Message& message) {
  if (const auto what = first_breach(message)) return fail(ErrorCode::Malformed, *what);
  return {};
}

}  // namespace joist
