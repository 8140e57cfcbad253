#include "disk/mountinfo.h"

#include <charconv>

#include "base/octal_escapes.h"

namespace joist::disk {
namespace {

// The words of a line, split at single spaces as the kernel writes them.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const auto end = line.find(' ');
    if (end != 0) words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 1);
  }
  return words;
}

bool parse_number(std::string_view text, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// 36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/sda2 rw,errors=continue
// (1)(2)(3)   (4)   (5)      (6)        (7…)  (8)(9)   (10)       (11)
Result<Mount> parse_line(std::string_view line) {
  const auto words = words_of(line);
  Mount mount;
  if (words.size() < 9 || !parse_number(words[0], mount.id)) {
    return fail(ErrorCode::Malformed, "not a mount");
  }
  const auto device = parse_device_number(words[2]);
  if (!device) return fail(device.error(), "third word");
  mount.device = *device;
  mount.root = unescape_octal(words[3]);
  mount.point = unescape_octal(words[4]);

  std::size_t separator = 6;
  while (separator < words.size() && words[separator] != "-") ++separator;
  // The source may be empty: mount("", …) makes two spaces in a row.
  if (separator + 1 >= words.size()) return fail(ErrorCode::Malformed, "no \" - TYPE\"");
  mount.type = unescape_octal(words[separator + 1]);
  if (separator + 3 < words.size()) mount.source = unescape_octal(words[separator + 2]);
  return mount;
}

}  // namespace

Result<DeviceNumber> parse_device_number(std::string_view text) {
  const auto colon = text.find(':');
  DeviceNumber number;
  if (colon == std::string_view::npos || !parse_number(text.substr(0, colon), number.major) ||
      !parse_number(text.substr(colon + 1), number.minor)) {
    return fail(ErrorCode::Malformed, "expected MAJOR:MINOR, got \"" + std::string(text) + "\"");
  }
  return number;
}

Result<std::vector<Mount>> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    auto mount = parse_line(line);
    if (!mount) return fail(mount.error(), "line " + std::to_string(number));
    mounts.push_back(std::move(*mount));
  }
  return mounts;
}

}  // namespace joist::disk
