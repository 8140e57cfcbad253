#include "base/message_text.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include "base/message_rules.h"
#include "base/utf8.h"
#include "base/value_text.h"
#include "base/yaml_message.h"

namespace joist {
namespace {

using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Timestamp;

// A JSON string, which is a YAML double-quoted one as well. Escaped are what
// JSON asks for, DEL and the C1 controls (no terminal may obey a disk's name),
// and the line breaks that only YAML 1.1 knows.
std::string json_string(std::string_view text) {
  std::string quoted_text = "\"";
  while (!text.empty()) {
    const char32_t letter = take_code_point(text);
    const bool control = letter < 0x20 || (letter >= 0x7f && letter < 0xa0);
    if (letter == '"' || letter == '\\') {
      quoted_text += '\\';
      quoted_text += static_cast<char>(letter);
    } else if (letter == '\n') {
      quoted_text += "\\n";
    } else if (letter == '\t') {
      quoted_text += "\\t";
    } else if (control || letter == 0x2028 || letter == 0x2029 || letter == 0xfeff) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(letter));
      quoted_text += escaped.data();
    } else {
      append_utf8(quoted_text, letter);
    }
  }
  return quoted_text + "\"";
}

// Text that every YAML reader takes for text without quotes: a word that begins
// with a letter or '/', is none of YAML's words, and holds nothing that YAML
// could take for a sign.
bool is_plain_yaml(std::string_view text) {
  static constexpr std::array<std::string_view, 10> words{"true", "false", "null", "yes", "no",
                                                          "on",   "off",   "y",    "n",   "nan"};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_safe = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') ||
           (c != '\0' && std::string_view("-_./+=").find(c) != std::string_view::npos);
  };
  if (text.empty() || !(is_letter(text.front()) || text.front() == '/')) return false;
  std::string lower;
  for (const char letter : text) lower += static_cast<char>(letter | 0x20);
  return std::ranges::all_of(text, is_safe) && std::ranges::find(words, lower) == words.end();
}

// Where the walk writes to. Scalars come ready made: `bare` is a number or a
// bool, else it is text.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual void begin_map(bool empty) = 0;
  virtual void key(std::string_view name) = 0;
  virtual void end_map() = 0;
  virtual void begin_list(bool empty) = 0;
  virtual void entry() = 0;
  virtual void end_list() = 0;
  virtual void scalar(std::string_view text, bool bare) = 0;
};

class JsonWriter final : public Writer {
 public:
  explicit JsonWriter(JsonLayout layout) : indented_(layout == JsonLayout::Indented) {}
  std::string take() { return std::move(out_) + (indented_ ? "\n" : ""); }

  void begin_map(bool /*empty*/) override { begin('{'); }
  void key(std::string_view name) override {
    next();
    out_ += json_string(name) + (indented_ ? ": " : ":");
  }
  void end_map() override { end('}'); }
  void begin_list(bool /*empty*/) override { begin('['); }
  void entry() override { next(); }
  void end_list() override { end(']'); }
  void scalar(std::string_view text, bool bare) override {
    out_ += bare ? std::string(text) : json_string(text);
  }

 private:
  void begin(char bracket) {
    out_ += bracket;
    counts_.push_back(0);
  }
  void end(char bracket) {
    const bool empty = counts_.back() == 0;
    counts_.pop_back();
    if (!empty) new_line();
    out_ += bracket;
  }
  void next() {
    if (counts_.back()++ > 0) out_ += ',';
    new_line();
  }
  void new_line() {
    if (indented_) out_ += "\n" + std::string(2 * counts_.size(), ' ');
  }

  bool indented_;
  std::string out_;
  std::vector<int> counts_;  // members so far, of each open map and list
};

class YamlWriter final : public Writer {
 public:
  std::string take() {
    if (out_.starts_with(' ')) out_.erase(0, 1);  // "{}" alone
    return std::move(out_) + "\n";
  }

  void begin_map(bool empty) override { begin(empty ? " {}" : ""); }
  void key(std::string_view name) override {
    line();
    out_ += text_of(name) + ":";
  }
  void end_map() override { --depth_; }
  void begin_list(bool empty) override { begin(empty ? " []" : ""); }
  void entry() override {
    line();
    out_ += "-";
    fresh_entry_ = true;
  }
  void end_list() override { --depth_; }
  void scalar(std::string_view text, bool bare) override {
    fresh_entry_ = false;
    out_ += " " + (bare ? std::string(text) : text_of(text));
  }

 private:
  static std::string text_of(std::string_view text) {
    return is_plain_yaml(text) ? std::string(text) : json_string(text);
  }
  void begin(std::string_view empty_text) {
    ++depth_;
    out_ += empty_text;
    if (!empty_text.empty()) fresh_entry_ = false;
  }
  // The first key of a list's entry stands on the line of its dash.
  void line() {
    if (fresh_entry_) {
      out_ += " ";
    } else if (!out_.empty()) {
      out_ += "\n" + std::string(static_cast<std::size_t>(2 * (depth_ - 1)), ' ');
    }
    fresh_entry_ = false;
  }

  std::string out_;
  int depth_ = 0;
  bool fresh_entry_ = false;
};

std::string real_text(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

class Walk {
 public:
  explicit Walk(Writer& writer) : writer_(writer) {}

  void message(const Message& message) {
    const auto& type = *message.GetDescriptor();
    std::vector<const FieldDescriptor*> shown;
    for (int index = 0; index < type.field_count(); ++index) {
      if (is_shown(message, *type.field(index))) shown.push_back(type.field(index));
    }
    writer_.begin_map(shown.empty());
    for (const FieldDescriptor* field : shown) {
      writer_.key(field->name());
      if (field->is_map()) {
        entries(message, *field);
      } else if (field->is_repeated()) {
        list(message, *field);
      } else {
        value(message, *field, -1);
      }
    }
    writer_.end_map();
  }

 private:
  static bool is_shown(const Message& message, const FieldDescriptor& field) {
    if (field.is_repeated()) return true;
    if (message.GetReflection()->HasField(message, &field)) return true;
    if (field.has_presence()) return false;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
      case FieldDescriptor::CPPTYPE_ENUM:
        return false;
      default:
        const v1::Rule& rule = rule_of(field);
        const bool zero_allowed = !rule.bounded() || (rule.min() <= 0 && rule.max() >= 0);
        return zero_allowed && !rule.required();
    }
  }

  void list(const Message& message, const FieldDescriptor& field) {
    const int size = message.GetReflection()->FieldSize(message, &field);
    writer_.begin_list(size == 0);
    for (int index = 0; index < size; ++index) {
      writer_.entry();
      value(message, field, index);
    }
    writer_.end_list();
  }

  void entries(const Message& message, const FieldDescriptor& field) {
    const auto& reflection = *message.GetReflection();
    std::vector<std::pair<std::string, const Message*>> sorted;
    for (int index = 0; index < reflection.FieldSize(message, &field); ++index) {
      const Message& entry = reflection.GetRepeatedMessage(message, &field, index);
      sorted.emplace_back(scalar_text(entry, *entry.GetDescriptor()->map_key(), -1), &entry);
    }
    std::ranges::sort(sorted);
    writer_.begin_map(sorted.empty());
    for (const auto& [key, entry] : sorted) {
      writer_.key(key);
      value(*entry, *entry->GetDescriptor()->map_value(), -1);
    }
    writer_.end_map();
  }

  // One value: of a singular field (index -1) or a list's entry.
  void value(const Message& parent, const FieldDescriptor& field, int index) {
    const auto& reflection = *parent.GetReflection();
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      const bool text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING ||
                        field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
      writer_.scalar(scalar_text(parent, field, index), !text);
      return;
    }
    const Message& held = index < 0 ? reflection.GetMessage(parent, &field)
                                    : reflection.GetRepeatedMessage(parent, &field, index);
    if (field.message_type() == Duration::descriptor()) {
      Duration duration;
      duration.CopyFrom(held);
      writer_.scalar(duration_text(duration), false);
    } else if (field.message_type() == Timestamp::descriptor()) {
      Timestamp timestamp;
      timestamp.CopyFrom(held);
      writer_.scalar(timestamp_text(timestamp), false);
    } else {
      message(held);
    }
  }

  static std::string scalar_text(const Message& m, const FieldDescriptor& field, int index) {
    const auto& r = *m.GetReflection();
    const bool one = index < 0;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        return (one ? r.GetBool(m, &field) : r.GetRepeatedBool(m, &field, index)) ? "true"
                                                                                  : "false";
      case FieldDescriptor::CPPTYPE_INT32:
        return std::to_string(one ? r.GetInt32(m, &field) : r.GetRepeatedInt32(m, &field, index));
      case FieldDescriptor::CPPTYPE_INT64:
        return std::to_string(one ? r.GetInt64(m, &field) : r.GetRepeatedInt64(m, &field, index));
      case FieldDescriptor::CPPTYPE_UINT32:
        return std::to_string(one ? r.GetUInt32(m, &field) : r.GetRepeatedUInt32(m, &field, index));
      case FieldDescriptor::CPPTYPE_UINT64:
        return std::to_string(one ? r.GetUInt64(m, &field) : r.GetRepeatedUInt64(m, &field, index));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return real_text(one ? r.GetFloat(m, &field) : r.GetRepeatedFloat(m, &field, index));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return real_text(one ? r.GetDouble(m, &field) : r.GetRepeatedDouble(m, &field, index));
      case FieldDescriptor::CPPTYPE_ENUM:
        return enum_word(*field.enum_type(), one ? r.GetEnumValue(m, &field)
                                                 : r.GetRepeatedEnumValue(m, &field, index));
      default:
        std::string text = one ? r.GetString(m, &field) : r.GetRepeatedString(m, &field, index);
        return field.type() == FieldDescriptor::TYPE_BYTES ? base64_text(text) : text;
    }
  }

  Writer& writer_;
};

// The number of "\uXXXX" at the front of `text`; -1: it is none.
int unicode_escape(std::string_view text) {
  int unit = -1;
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return -1;
  const auto* end = text.data() + 6;
  const auto parsed = std::from_chars(text.data() + 2, end, unit, 16);
  return parsed.ec == std::errc() && parsed.ptr == end ? unit : -1;
}

std::string join_surrogates(std::string_view text) {
  std::string joined;
  joined.reserve(text.size());
  while (!text.empty()) {
    const int high = unicode_escape(text);
    const int low = high >= 0xd800 && high < 0xdc00 ? unicode_escape(text.substr(6)) : -1;
    if (low >= 0xdc00 && low < 0xe000) {
      append_utf8(joined, static_cast<char32_t>(0x10000 + (high - 0xd800) * 0x400 + low - 0xdc00));
      text.remove_prefix(12);
      continue;
    }
    const std::size_t taken = text.front() == '\\' && text.size() > 1 ? 2 : 1;  // not "\\u…"
    joined += text.substr(0, taken);
    text.remove_prefix(taken);
  }
  return joined;
}

}  // namespace

std::string to_json(const Message& message, JsonLayout layout) {
  JsonWriter writer(layout);
  Walk(writer).message(message);
  return writer.take();
}

std::string to_yaml(const Message& message) {
  YamlWriter writer;
  Walk(writer).message(message);
  return writer.take();
}

Result<void> from_json(std::string_view text, std::string_view file_name, Message& out) {
  return decode_yaml(join_surrogates(text), file_name, out);
}

}  // namespace joist
