// Power supplies and batteries.
//
// Source: /sys/class/power_supply (Documentation/ABI/testing/sysfs-class-power): microamperes,
//         microvolts, microwatts, microwatt-hours; temperatures in tenths of a degree.
// Emits:  node_power_supply_<figure>{power_supply}  gauge
//         node_power_supply_info{power_supply,…}    1, with the texts that are there
#pragma once

#include <string>
#include <string_view>

#include "collectors/area.h"
#include "collectors/device_collector.h"
#include "collectors/name_filter.h"

namespace joist::collectors {

class PowersupplyclassCollector final : public DeviceCollector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  PowersupplyclassCollector(const Roots& roots, NameFilter ignored);
  std::string_view name() const override { return "powersupplyclass"; }

 private:
  Result<void> meet(DeviceSheet& sheet, const std::string& name, const std::string& path) override;

  NameFilter ignored_;
};

}  // namespace joist::collectors
