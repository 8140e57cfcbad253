#include "collectors/hardware/thermal_zone.h"

namespace joist::collectors {
namespace {

using MetricType::Gauge;

constexpr FamilyText kTemperature{"node_thermal_zone_temp", "Zone temperature in Celsius", Gauge};
constexpr FamilyText kState{"node_cooling_device_cur_state",
                            "Current throttle state of the cooling device", Gauge};
constexpr FamilyText kStateMax{"node_cooling_device_max_state",
                               "Maximum throttle state of the cooling device", Gauge};

constexpr std::string_view kZone = "thermal_zone";
constexpr std::string_view kCooling = "cooling_device";

// "thermal_zone3" is 3.
std::string number_after(std::string_view prefix, std::string_view name) {
  if (!name.starts_with(prefix) || name.size() == prefix.size()) return {};
  const char first = name[prefix.size()];
  return first >= '0' && first <= '9' ? std::string(name.substr(prefix.size())) : std::string();
}

}  // namespace

ThermalZoneCollector::ThermalZoneCollector(const Roots& roots)
    : DeviceCollector(roots, "/class/thermal", Absent::Succeeds) {}

Result<void> ThermalZoneCollector::meet(DeviceSheet& sheet, const std::string& name,
                                        const std::string& path) {
  const auto type = sheet.text(path + "/type");
  if (!type) return {};
  if (const std::string zone = number_after(kZone, name); !zone.empty()) {
    const bool disabled = sheet.text(path + "/mode") == "disabled";
    if (disabled || !sheet.text(path + "/policy")) return {};
    sheet.follow(kTemperature, Labels{{"type", *type}, {"zone", zone}}, path + "/temp",
                 parse_thousandths);
  } else if (const std::string device = number_after(kCooling, name); !device.empty()) {
    const Labels labels{{"name", device}, {"type", *type}};
    if (sheet.follow(kState, labels, path + "/cur_state", parse_whole_number)) {
      sheet.read_once(kStateMax, labels, path + "/max_state", parse_whole_number);
    }
  }
  return {};
}

}  // namespace joist::collectors
