#include "collectors/exposition.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

namespace joist::collectors {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Doubles hold every integer up to here, so its own digits are the shortest.
constexpr std::uint64_t kExactIntegerMax = std::uint64_t{1} << 53;

// Go's 'g' with the shortest precision turns to an exponent from here on.
constexpr std::uint64_t kFixedEnd = 1'000'000;
constexpr double kFixedMin = 1e-4;

constexpr std::size_t kNumberBytesMax = 40;  // "-2.2250738585072014e-308" is 24, and a line's end

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Untyped:
      return "untyped";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Summary:
      return "summary";
  }
  return "untyped";
}

// How many bytes of `text` are one well-formed UTF-8 character; 0 if none
// (RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  const auto follows = [&](std::size_t at) { return (byte(at) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool too_large = first == 0xF4 && byte(1) > 0x8F;
    return follows(1) && follows(2) && follows(3) && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

void append_label_value(std::string& out, std::string_view value) {
  while (!value.empty()) {
    const std::size_t length = utf8_length(value);
    if (length == 0) {
      out += kReplacement;
    } else if (value[0] == '\\') {
      out += "\\\\";
    } else if (value[0] == '"') {
      out += "\\\"";
    } else if (value[0] == '\n') {
      out += "\\n";
    } else {
      out.append(value.substr(0, length));
    }
    value.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

void append_help(std::string& out, std::string_view help) {
  while (!help.empty()) {
    const std::size_t length = utf8_length(help);
    if (length == 0) {
      out += kReplacement;
    } else if (help[0] == '\\') {
      out += "\\\\";
    } else if (help[0] == '\n') {
      out += "\\n";
    } else {
      out.append(help.substr(0, length));
    }
    help.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

char* format_integer(char* out, std::uint64_t value) {
  if (value < kFixedEnd) return std::to_chars(out, out + kNumberBytesMax, value).ptr;

  // One digit, the point, the other digits without trailing zeros, the exponent.
  std::array<char, kNumberBytesMax> digits{};
  const char* last = std::to_chars(digits.begin(), digits.end(), value).ptr;
  const auto exponent = static_cast<unsigned>(last - digits.begin() - 1);
  while (last[-1] == '0') --last;
  char* end = out;
  *end++ = digits[0];
  if (last > digits.begin() + 1) {
    *end++ = '.';
    end = std::copy(digits.cbegin() + 1, last, end);
  }
  *end++ = 'e';
  *end++ = '+';
  *end++ = static_cast<char>('0' + exponent / 10);
  *end++ = static_cast<char>('0' + exponent % 10);
  return end;
}

char* format_double(char* out, double value) {
  const double size = std::fabs(value);
  const bool fixed = size >= kFixedMin && size < static_cast<double>(kFixedEnd);
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  return std::to_chars(out, out + kNumberBytesMax, value, format).ptr;
}

char* format_number(char* out, double value) {
  const auto word = [&](std::string_view text) { return std::copy(text.begin(), text.end(), out); };
  const double size = std::fabs(value);
  if (std::isnan(value)) return word("NaN");
  if (std::isinf(value)) return word(value > 0 ? "+Inf" : "-Inf");
  if (size > static_cast<double>(kExactIntegerMax) || size != std::floor(size)) {
    return format_double(out, value);
  }
  if (value < 0) *out++ = '-';
  return format_integer(out, static_cast<std::uint64_t>(size));
}

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

}  // namespace

Family::Family(std::string_view name, std::string_view help, MetricType type)
    : name_at_(std::string_view("# HELP ").size()), name_length_(name.size()) {
  assert(is_metric_name(name));
  head_.append("# HELP ").append(name).append(" ");
  append_help(head_, help);
  head_.append("\n# TYPE ").append(name).append(" ").append(type_name(type)).append("\n");
}

bool is_metric_name(std::string_view name) {
  const auto allowed = [](char c) { return is_name_start(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && is_name_start(name[0]) && std::ranges::all_of(name, allowed);
}

std::string number_text(double value) {
  char number[kNumberBytesMax];
  return {number, format_number(number, value)};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Labels::Labels(std::span<const Pair> labels) {
  char separator = '{';
  for (const auto& [name, value] : labels) {
    text_ += separator;
    text_.append(name).append("=\"");
    append_label_value(text_, value);
    text_ += '"';
    separator = ',';
  }
  if (!text_.empty()) text_ += '}';
}

char* Exposition::room(std::size_t bytes) {
  constexpr std::size_t kFirstBytes = 256;
  const std::size_t needed = size_bytes_ + bytes;
  if (needed > buffer_.size()) buffer_.resize(std::max({needed, 2 * buffer_.size(), kFirstBytes}));
  return buffer_.data() + size_bytes_;
}

// Leaves room for a number and the end of the line.
char* Exposition::write_name(std::string_view suffix, std::string_view labels) {
  assert(family_ != nullptr);
  const std::string_view head = head_written_ ? std::string_view() : family_->head();
  const std::string_view name = family_->name();
  head_written_ = true;
  char* out = room(head.size() + name.size() + suffix.size() + labels.size() + kNumberBytesMax + 2);
  for (const std::string_view part : {head, name, suffix, labels}) {
    out = std::copy(part.begin(), part.end(), out);
  }
  *out++ = ' ';
  return out;
}

void Exposition::write(std::string_view suffix, std::string_view labels, std::uint64_t value) {
  if (value > kExactIntegerMax) return write(suffix, labels, static_cast<double>(value));
  char* const end = format_integer(write_name(suffix, labels), value);
  *end = '\n';
  size_bytes_ = static_cast<std::size_t>(end + 1 - buffer_.data());
}

void Exposition::write(std::string_view suffix, std::string_view labels, double value) {
  char* const end = format_number(write_name(suffix, labels), value);
  *end = '\n';
  size_bytes_ = static_cast<std::size_t>(end + 1 - buffer_.data());
}

void Exposition::write(std::string_view text) {
  std::copy(text.begin(), text.end(), room(text.size()));
  size_bytes_ += text.size();
}

}  // namespace joist::collectors
