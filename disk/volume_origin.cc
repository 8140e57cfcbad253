#include "disk/volume_origin.h"

#include <algorithm>
#include <cstdint>

namespace joist::disk {
namespace {

constexpr std::size_t kNameMax = 128;

// What such names are made of; of anything else there is no knowing what it means.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameMax && std::ranges::all_of(text, [](char letter) {
    return letter > 0x20 && letter < 0x7f && letter != '"' && letter != '\\';
  });
}

std::string origin(std::string_view kind, std::string_view name, std::string_view host) {
  if (!is_name(name)) return {};
  std::string text = std::string(kind) + " " + std::string(name);
  if (is_name(host)) text += " of host " + std::string(host);
  return text;
}

// Of a line `key = "value"`.
std::string_view value_of(std::string_view text, std::string_view key) {
  const std::string before = "\n" + std::string(key) + " = \"";
  auto at = text.find(before);
  if (at == std::string_view::npos) {
    // Within the group lines are indented.
    at = text.find("\n\t" + before.substr(1));
    if (at == std::string_view::npos) return {};
    ++at;
  }
  const auto begin = at + before.size();
  const auto end = text.find('"', begin);
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin);
}

constexpr std::uint32_t kWordBytes = 4;

// Texts of XDR are filled up to whole words.
std::uint32_t padded(std::uint32_t bytes) {
  return (bytes + kWordBytes - 1) / kWordBytes * kWordBytes;
}

}  // namespace

std::string lvm_origin(std::string_view text) {
  const auto end = text.find(" {");
  if (end == std::string_view::npos) return {};
  const std::string_view system = value_of(text, "system_id");
  return origin("group", text.substr(0, end),
                system.empty() ? value_of(text, "creation_host") : system);
}

std::string zfs_origin(const DiskBytes& list) {
  constexpr std::uint32_t kText = 9;         // DATA_TYPE_STRING
  constexpr std::size_t kPairsAt = 12;       // behind encoding, version and flags
  constexpr std::size_t kPairBytesMin = 20;  // both sizes, a name's length, type and count
  std::string_view pool;
  std::string_view host;
  for (std::size_t at = kPairsAt; at + kPairBytesMin <= list.size();) {
    const std::uint32_t pair_bytes = list.be32(at);
    const std::uint32_t name_bytes = list.be32(at + 8);
    if (pair_bytes < kPairBytesMin || name_bytes > kNameMax) break;
    const std::string_view name = list.view(at + 12, name_bytes);
    const std::size_t value_at = at + 12 + padded(name_bytes);
    if (list.be32(value_at) == kText) {
      const std::uint32_t value_bytes = std::min<std::uint32_t>(list.be32(value_at + 8), kNameMax);
      const std::string_view value = list.view(value_at + 12, value_bytes);
      if (name == "name") pool = value;
      if (name == "hostname") host = value;
    }
    at += pair_bytes;
  }
  return origin("pool", pool, host);
}

}  // namespace joist::disk
