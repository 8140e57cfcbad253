#include "disk/disk_bytes.h"

#include <array>

namespace joist::disk {
namespace {

std::string hyphenated(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  bool any = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
    any |= bytes[i] != 0;
  }
  return any ? text : "";
}

}  // namespace

std::string DiskBytes::text(std::size_t at, std::size_t length) const {
  const std::string_view whole = view(at, length);
  return std::string(whole.substr(0, whole.find('\0')));
}

std::string DiskBytes::uuid(std::size_t at) const {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = u8(at + i);
  return hyphenated(bytes);
}

std::string DiskBytes::guid(std::size_t at) const {
  constexpr std::array<std::size_t, 16> kOrder{3, 2, 1,  0,  5,  4,  7,  6,
                                               8, 9, 10, 11, 12, 13, 14, 15};
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = u8(at + kOrder[i]);
  return hyphenated(bytes);
}

}  // namespace joist::disk
