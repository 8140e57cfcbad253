#include "base/udev_data.h"

namespace joist {

UdevData parse_udev_data(std::string_view text) {
  UdevData data;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with("S:")) {
      data.links.emplace_back(line.substr(2));
    } else if (line.starts_with("E:")) {
      const auto equals = line.find('=');
      if (equals == std::string_view::npos) continue;
      data.properties.emplace_back(line.substr(2, equals - 2), line.substr(equals + 1));
    }
  }
  return data;
}

}  // namespace joist
