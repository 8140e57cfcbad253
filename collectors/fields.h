// Cuts the kernel's text files into lines and fields, and fields into numbers,
// without copying. Pure.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace joist::collectors {

class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  // The next line without its end; false after the last.
  bool next(std::string_view& line) {
    if (rest_.empty()) return false;
    const auto end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return true;
  }

 private:
  std::string_view rest_;
};

class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}

  // The next run of characters other than white space; empty after the last.
  std::string_view next() {
    std::size_t start = 0;
    while (start < rest_.size() && is_space(rest_[start])) ++start;
    std::size_t end = start;
    while (end < rest_.size() && !is_space(rest_[end])) ++end;
    const auto field = rest_.substr(start, end - start);
    rest_.remove_prefix(end);
    return field;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  std::string_view rest_;
};

// The whole of `text` as a number; nothing if it is none or does not fit.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

inline std::optional<std::uint64_t> parse_uint(std::string_view text) {
  return parse_number<std::uint64_t>(text);
}

}  // namespace joist::collectors
