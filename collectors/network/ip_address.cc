#include "collectors/network/ip_address.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace joist::collectors {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kV4Bytes = 4;
constexpr std::size_t kV6Bytes = 16;
constexpr std::size_t kGroups = kV6Bytes / 2;
constexpr std::string_view kV4InV6 = "\0\0\0\0\0\0\0\0\0\0\xff\xff"sv;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

void append_number(std::string& text, unsigned value, int base) {
  std::array<char, 8> digits{};
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  text.append(digits.data(), end);
}

std::string format_v4(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < kV4Bytes; ++i) {
    if (i > 0) text += '.';
    append_number(text, byte_at(bytes, i), 10);
  }
  return text;
}

struct Run {
  std::size_t start = 0;
  std::size_t length = 0;
};

// The first of the longest runs of groups that are 0.
Run longest_zeros(std::string_view bytes) {
  Run longest;
  Run run;
  for (std::size_t group = 0; group < kGroups; ++group) {
    const bool zero = bytes[2 * group] == 0 && bytes[2 * group + 1] == 0;
    run = zero ? Run{run.length == 0 ? group : run.start, run.length + 1} : Run{};
    if (run.length > longest.length) longest = run;
  }
  return longest;
}

std::string format_v6(std::string_view bytes) {
  const Run zeros = longest_zeros(bytes);
  const bool shortened = zeros.length > 1;
  std::string text;
  for (std::size_t group = 0; group < kGroups; ++group) {
    if (shortened && group == zeros.start) {
      text += "::";
      group += zeros.length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    append_number(text, byte_at(bytes, 2 * group) << 8U | byte_at(bytes, 2 * group + 1), 16);
  }
  return text;
}

}  // namespace

std::string format_ip_address(std::string_view bytes) {
  if (bytes.size() == kV6Bytes && bytes.starts_with(kV4InV6)) {
    bytes.remove_prefix(kV4InV6.size());
  }
  if (bytes.size() == kV4Bytes) return format_v4(bytes);
  if (bytes.size() == kV6Bytes) return format_v6(bytes);
  return {};
}

std::string_view address_scope(std::string_view bytes) {
  if (bytes.size() == kV4Bytes) {
    const unsigned first = byte_at(bytes, 0);
    const unsigned second = byte_at(bytes, 1);
    if (first == 127 || (first == 169 && second == 254)) return "link-local";
    if (first == 224 && second == 0 && byte_at(bytes, 2) == 0) return "link-local";
    const bool multicast = (first & 0xF0U) == 0xE0U;
    if (multicast || bytes == "\0\0\0\0"sv || bytes == "\xff\xff\xff\xff"sv) return "";
    return "global";
  }
  if (bytes.size() != kV6Bytes) return "";
  if (bytes.starts_with(kV4InV6)) return address_scope(bytes.substr(kV4InV6.size()));
  const unsigned first = byte_at(bytes, 0);
  const unsigned second = byte_at(bytes, 1);
  const bool all_zero_but_last =
      std::ranges::all_of(bytes.substr(0, kV6Bytes - 1), [](char c) { return c == 0; });
  if (all_zero_but_last && bytes.back() == 1) return "link-local";  // ::1
  if (all_zero_but_last && bytes.back() == 0) return "";            // ::
  if (first == 0xFE && (second & 0xC0U) == 0x80U) return "link-local";
  if (first != 0xFF) return "global";
  if ((second & 0x0FU) == 2) return "link-local";
  return (second & 0x0FU) == 1 ? "interface-local" : "";
}

}  // namespace joist::collectors
