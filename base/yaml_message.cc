#include "base/yaml_message.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "base/closest_word.h"
#include "base/message_rules.h"
#include "base/value_text.h"
#include "base/yaml_document.h"

namespace joist {
namespace {

using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;
using Kind = YamlNode::Kind;

// What a node is, for "expected …, found …".
std::string found(const YamlNode& node) {
  switch (node.kind) {
    case Kind::Null:
      return "nothing";
    case Kind::List:
      return "a list";
    case Kind::Map:
      return "a mapping";
    default:
      return node.plain ? in_quotes(node.text) : "the text " + in_quotes(node.text);
  }
}

std::string expected_of(const FieldDescriptor& field) {
  const std::string& unit = rule_of(field).unit();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return "one of " + enum_words(*field.enum_type());
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? "base64" : "text";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field.message_type() == Duration::descriptor()) return "a duration such as 30s or 1h30m";
      if (field.message_type() == Timestamp::descriptor())
        return "a time such as 2026-05-01T10:00:00Z";
      return "a mapping";
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "a number";
    default:
      if (unit == "bytes") return "a size such as 10GiB, 500MB or 4096";
      return "a whole number" + (unit.empty() ? "" : " of " + unit);
  }
}

// Decimal digits alone: 010 is eight to YAML 1.1 and ten to YAML 1.2.
bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

class Decoder {
 public:
  explicit Decoder(std::string_view file_name) : file_name_(file_name) {}

  void decode_document(const YamlNode& root, Message& message) {
    if (root.kind == Kind::Null) {
      check_required(root.place, message, "");
    } else if (root.kind != Kind::Map) {
      complain(root.place, "",
               "expected a mapping of " + message.GetDescriptor()->name() + "'s keys, found " +
                   found(root));
    } else {
      decode_map(root, message, "");
    }
  }

  Result<void> outcome() {
    if (complaints_.empty()) return {};
    std::ranges::stable_sort(complaints_, [](const Complaint& left, const Complaint& right) {
      return left.place.line != right.place.line ? left.place.line < right.place.line
                                                 : left.place.column < right.place.column;
    });
    std::string text;
    for (const Complaint& complaint : complaints_) {
      text += (text.empty() ? "" : "\n") + at_place(file_name_, complaint.place, complaint.what);
    }
    const int more = found_wrong_ - static_cast<int>(complaints_.size());
    if (more > 0) text += "\nand " + std::to_string(more) + " more";
    return fail(ErrorCode::Malformed, std::move(text));
  }

 private:
  struct Complaint {
    YamlPlace place;
    std::string what;
  };

  // One field to fill: where it is, and in which message.
  struct Target {
    Message& message;
    const FieldDescriptor& field;
    std::string path;

    const Reflection& reflection() const { return *message.GetReflection(); }
    bool listed() const { return field.is_repeated(); }
  };

  void complain(YamlPlace place, const std::string& path, std::string_view what) {
    ++found_wrong_;
    if (is_full()) return;
    complaints_.push_back(
        {place, path.empty() ? std::string(what) : path + ": " + std::string(what)});
  }

  // From here on complaints are only counted: a file can be wrong everywhere.
  bool is_full() const { return complaints_.size() >= kYamlErrorsMax; }

  bool complain_type(const YamlNode& node, const Target& target) {
    complain(node.place, target.path,
             "expected " + expected_of(target.field) + ", found " + found(node));
    return false;
  }

  void decode_map(const YamlNode& node, Message& message, const std::string& prefix) {
    const auto& type = *message.GetDescriptor();
    for (std::size_t index = 0; index < node.keys.size(); ++index) {
      const YamlKey& key = node.keys[index];
      const FieldDescriptor* field = type.FindFieldByName(key.text);
      if (field == nullptr) {
        complain_unknown(key, type, prefix);
        continue;
      }
      if (const auto* oneof = field->real_containing_oneof();
          oneof != nullptr && message.GetReflection()->HasOneof(message, oneof)) {
        complain(key.place, prefix + key.text,
                 "one of " + oneof->name() + " is set already, expected one");
        continue;
      }
      decode_field(node.children[index], {message, *field, prefix + key.text});
    }
    check_required(node.place, message, prefix);
  }

  void complain_unknown(const YamlKey& key, const google::protobuf::Descriptor& type,
                        const std::string& prefix) {
    if (is_full()) {
      ++found_wrong_;
      return;
    }
    std::vector<std::string> known;
    std::string all;
    for (int index = 0; index < type.field_count(); ++index) {
      known.push_back(type.field(index)->name());
      all += (all.empty() ? "" : ", ") + known.back();
    }
    const auto closest = closest_word(key.text, known);
    complain(key.place, "",
             "unknown key " + in_quotes(prefix + key.text) +
                 (closest       ? ", did you mean " + *closest + "?"
                  : all.empty() ? ", expected none here"
                                : ", expected one of " + all));
  }

  void decode_field(const YamlNode& node, const Target& target) {
    const int wrong_before = found_wrong_;
    if (node.kind == Kind::Null) {
      complain(node.place, target.path,
               "is empty, expected " +
                   (target.listed() && !target.field.is_map() ? std::string("a list")
                                                              : expected_of(target.field)) +
                   "; leave the key out for the default");
    } else if (target.field.is_map()) {
      decode_entries(node, target);
    } else if (target.listed()) {
      decode_list(node, target);
    } else {
      decode_value(node, target);
    }
    if (found_wrong_ == wrong_before) check_field(node, target);
  }

  void check_field(const YamlNode& node, const Target& target) {
    for (const FieldBreach& breach : field_breaches(target.message, target.field, true)) {
      const bool whole = breach.entry < 0;
      const YamlNode& at = whole ? node : node.children[static_cast<std::size_t>(breach.entry)];
      complain(at.place, target.path + (whole ? "" : "[" + entry_name(node, breach.entry) + "]"),
               breach.what);
    }
  }

  static std::string entry_name(const YamlNode& node, int index) {
    return node.kind == Kind::Map ? in_quotes(node.keys[static_cast<std::size_t>(index)].text)
                                  : std::to_string(index);
  }

  // Fields the mapping does not mention at all.
  void check_required(YamlPlace place, const Message& message, const std::string& prefix) {
    const auto& type = *message.GetDescriptor();
    for (int index = 0; index < type.field_count(); ++index) {
      const FieldDescriptor& field = *type.field(index);
      if (!rule_of(field).required()) continue;
      for (const FieldBreach& breach : field_breaches(message, field, false)) {
        const std::string path = prefix + field.name();
        if (!has_complaint_about(path)) complain(place, path, breach.what);
      }
    }
  }

  bool has_complaint_about(const std::string& path) const {
    return std::ranges::any_of(complaints_,
                               [&](const Complaint& c) { return c.what.starts_with(path); });
  }

  void decode_list(const YamlNode& node, const Target& target) {
    if (node.kind != Kind::List) {
      complain(node.place, target.path, "expected a list, found " + found(node));
      return;
    }
    for (std::size_t index = 0; index < node.children.size(); ++index) {
      decode_value(node.children[index],
                   {target.message, target.field, target.path + "[" + std::to_string(index) + "]"});
    }
  }

  void decode_entries(const YamlNode& node, const Target& target) {
    if (node.kind != Kind::Map) {
      complain(node.place, target.path, "expected a mapping, found " + found(node));
      return;
    }
    const auto& entry_type = *target.field.message_type();
    for (std::size_t index = 0; index < node.keys.size(); ++index) {
      Message& entry = *target.reflection().AddMessage(&target.message, &target.field);
      const std::string path = target.path + "[" + in_quotes(node.keys[index].text) + "]";
      YamlNode key;
      key.kind = Kind::Scalar;
      key.place = node.keys[index].place;
      key.text = node.keys[index].text;
      key.plain = true;
      decode_value(key, {entry, *entry_type.map_key(), path});
      decode_value(node.children[index], {entry, *entry_type.map_value(), path});
    }
  }

  bool decode_value(const YamlNode& node, const Target& target) {
    const FieldDescriptor& field = target.field;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) return decode_message(node, target);
    if (node.kind != Kind::Scalar) return complain_type(node, target);
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return decode_text(node, target);
      case FieldDescriptor::CPPTYPE_ENUM:
        return decode_enum(node, target);
      case FieldDescriptor::CPPTYPE_BOOL:
        return decode_bool(node, target);
      case FieldDescriptor::CPPTYPE_FLOAT:
        return decode_real<float>(node, target, &Reflection::SetFloat, &Reflection::AddFloat);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return decode_real<double>(node, target, &Reflection::SetDouble, &Reflection::AddDouble);
      case FieldDescriptor::CPPTYPE_INT32:
        return decode_integer<std::int32_t>(node, target, &Reflection::SetInt32,
                                            &Reflection::AddInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return decode_integer<std::int64_t>(node, target, &Reflection::SetInt64,
                                            &Reflection::AddInt64);
      case FieldDescriptor::CPPTYPE_UINT32:
        return decode_integer<std::uint32_t>(node, target, &Reflection::SetUInt32,
                                             &Reflection::AddUInt32);
      default:
        return decode_integer<std::uint64_t>(node, target, &Reflection::SetUInt64,
                                             &Reflection::AddUInt64);
    }
  }

  // Stores by Set… in a singular field and by Add… in a list.
  template <typename Value, typename Set, typename Add>
  static bool store(const Target& target, Value value, Set set, Add add) {
    if (target.listed()) {
      (target.reflection().*add)(&target.message, &target.field, std::move(value));
    } else {
      (target.reflection().*set)(&target.message, &target.field, std::move(value));
    }
    return true;
  }

  bool decode_text(const YamlNode& node, const Target& target) {
    std::string text = node.text;
    if (target.field.type() == FieldDescriptor::TYPE_BYTES) {
      auto bytes = parse_base64(text);
      if (!bytes) {
        complain(node.place, target.path, bytes.error().message);
        return false;
      }
      text = std::move(*bytes);
    }
    return store(target, std::move(text), &Reflection::SetString, &Reflection::AddString);
  }

  bool decode_enum(const YamlNode& node, const Target& target) {
    const auto* value = find_enum_word(*target.field.enum_type(), node.text);
    if (value == nullptr) return complain_type(node, target);
    return store(target, value, &Reflection::SetEnum, &Reflection::AddEnum);
  }

  bool decode_bool(const YamlNode& node, const Target& target) {
    const bool is_bool = node.plain && (node.text == "true" || node.text == "false");
    if (!is_bool) return complain_type(node, target);
    return store(target, node.text == "true", &Reflection::SetBool, &Reflection::AddBool);
  }

  template <typename Number, typename Set, typename Add>
  bool decode_real(const YamlNode& node, const Target& target, Set set, Add add) {
    constexpr auto infinity = std::numeric_limits<Number>::infinity();
    if (!node.plain) return complain_type(node, target);
    if (node.text == ".inf") return store(target, infinity, set, add);
    if (node.text == "-.inf") return store(target, -infinity, set, add);
    if (node.text == ".nan") {
      return store(target, std::numeric_limits<Number>::quiet_NaN(), set, add);
    }
    Number number{};
    const bool good = parse_number(node.text, number) && std::isfinite(number);
    return good ? store(target, number, set, add) : complain_type(node, target);
  }

  template <typename Number, typename Set, typename Add>
  bool decode_integer(const YamlNode& node, const Target& target, Set set, Add add) {
    Number number{};
    if (node.plain && is_integer(node.text)) {
      if (parse_number(node.text, number)) return store(target, number, set, add);
      const v1::Rule& rule = rule_of(target.field);
      complain(node.place, target.path,
               in_quotes(node.text) + " is out of range, expected " +
                   (rule.bounded() ? integer_range(rule.min(), rule.max())
                                   : std::to_string(std::numeric_limits<Number>::min()) + " to " +
                                         std::to_string(std::numeric_limits<Number>::max())));
      return false;
    }
    if (rule_of(target.field).unit() != "bytes") return complain_type(node, target);
    const auto size_bytes = parse_size_bytes(node.text);
    if (!size_bytes) {
      complain(node.place, target.path, size_bytes.error().message);
      return false;
    }
    if (*size_bytes > static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) {
      complain(node.place, target.path,
               in_quotes(node.text) + " is out of range, expected at most " +
                   std::to_string(std::numeric_limits<Number>::max()));
      return false;
    }
    return store(target, static_cast<Number>(*size_bytes), set, add);
  }

  static std::string integer_range(double min, double max) {
    return std::to_string(static_cast<std::int64_t>(min)) + " to " +
           std::to_string(static_cast<std::int64_t>(max));
  }

  bool decode_message(const YamlNode& node, const Target& target) {
    const auto* type = target.field.message_type();
    const bool scalar = type == Duration::descriptor() || type == Timestamp::descriptor();
    if (node.kind != (scalar ? Kind::Scalar : Kind::Map)) return complain_type(node, target);
    Message& message = target.listed()
                           ? *target.reflection().AddMessage(&target.message, &target.field)
                           : *target.reflection().MutableMessage(&target.message, &target.field);
    if (type == Duration::descriptor())
      return copy(parse_duration(node.text), node, target, message);
    if (type == Timestamp::descriptor()) {
      return copy(parse_timestamp(node.text), node, target, message);
    }
    decode_map(node, message, target.path + ".");
    return true;
  }

  template <typename Value>
  bool copy(const Result<Value>& value, const YamlNode& node, const Target& target, Message& out) {
    if (value) {
      out.CopyFrom(*value);
    } else {
      complain(node.place, target.path, value.error().message);
    }
    return value.has_value();
  }

  std::string_view file_name_;
  std::vector<Complaint> complaints_;
  int found_wrong_ = 0;
};

}  // namespace

Result<void> decode_yaml(std::string_view text, std::string_view file_name, Message& out) {
  const auto root = parse_yaml(text, file_name);
  if (!root) return tl::unexpected<Error>(root.error());
  const std::unique_ptr<Message> fresh(out.New());
  Decoder decoder(file_name);
  decoder.decode_document(*root, *fresh);
  if (auto good = decoder.outcome(); !good) return good;
  out.GetReflection()->Swap(&out, fresh.get());
  return {};
}

}  // namespace joist
