// Thermal zones and what cools them.
//
// Source: /sys/class/thermal (Documentation/driver-api/thermal/sysfs-api.rst): thermal_zone<n>
//         with temp in millidegrees, cooling_device<n>.
// Emits:  node_thermal_zone_temp{type,zone}
//         node_cooling_device_{cur_state,max_state}{name,type}  gauge
//         Not of zones that are disabled, whose temperature means nothing.
#pragma once

#include <string>
#include <string_view>

#include "collectors/device_collector.h"

namespace joist::collectors {

class ThermalZoneCollector final : public DeviceCollector {
 public:
  explicit ThermalZoneCollector(const Roots& roots);
  std::string_view name() const override { return "thermal_zone"; }

 private:
  Result<void> meet(DeviceSheet& sheet, const std::string& name, const std::string& path) override;
};

}  // namespace joist::collectors
