// A record of udev's database, run/udev/data/b<major>:<minor>: udev's own format,
// but stable since 2011 (systemd, device_update_db()).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace joist {

struct UdevData {
  std::vector<std::pair<std::string, std::string>> properties;  // "E:KEY=value", in their order
  std::vector<std::string> links;                               // "S:link", below /dev
};

// Lines that are neither are skipped. Pure.
UdevData parse_udev_data(std::string_view text);

}  // namespace joist
