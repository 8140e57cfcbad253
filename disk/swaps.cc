#include "disk/swaps.h"

#include "base/octal_escapes.h"

namespace joist::disk {
namespace {

// "/dev/dm-1   partition\t4194300\t0\t-2": columns are padded with spaces and tabs.
Result<Swap> parse_line(std::string_view line) {
  const auto path_end = line.find_first_of(" \t");
  const auto type_start = line.find_first_not_of(" \t", path_end);
  if (line.front() != '/' || path_end == std::string_view::npos ||
      type_start == std::string_view::npos) {
    return fail(ErrorCode::Malformed, "not a swap area");
  }
  const auto type = line.substr(type_start, line.find_first_of(" \t", type_start) - type_start);
  if (type != "partition" && type != "file") {
    return fail(ErrorCode::Malformed,
                "expected partition or file, got \"" + std::string(type) + "\"");
  }
  return Swap{.path = unescape_octal(line.substr(0, path_end)), .file = type == "file"};
}

}  // namespace

Result<std::vector<Swap>> parse_swaps(std::string_view text) {
  std::vector<Swap> swaps;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (number == 1 || line.empty()) continue;  // the header
    auto swap = parse_line(line);
    if (!swap) return fail(swap.error(), "line " + std::to_string(number));
    swaps.push_back(std::move(*swap));
  }
  return swaps;
}

}  // namespace joist::disk
