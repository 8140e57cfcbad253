// What the sensors of a host's chips measure: temperatures, fans, voltages, power.
//
// Source: /sys/class/hwmon (Documentation/hwmon/sysfs-interface.rst) and the directories of the
//         chips' devices, where older drivers have their attributes: "temp1_input" is property
//         input of sensor temp1. Millivolts, millidegrees, microwatts and the like.
// Emits:  node_hwmon_chip_names{chip,chip_name}, node_hwmon_sensor_label{chip,label,sensor}  1
//         node_hwmon_<type>[_<property>][_<unit>]{chip,sensor}  gauge; of energy counter
//
// What measures is read for every page, limits only when the devices are met, which is every
// minute: on slow buses each reading costs milliseconds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/area.h"
#include "collectors/device_collector.h"
#include "collectors/device_filter.h"

namespace joist::collectors {

struct HwmonFile {
  std::string_view type;      // "temp"
  std::uint64_t number = 0;   // 0: it has none
  std::string_view property;  // "input", or empty
};

// Nothing if `name` is none of a sensor.
std::optional<HwmonFile> parse_hwmon_file(std::string_view name);

// What node_exporter makes a part of a name or a label of such text: "CPU Fan\n" is "cpu_fan".
std::string clean_hwmon_name(std::string_view text);

// How a property is shown.
struct HwmonFamily {
  std::string name;
  std::string help;
  MetricType type = MetricType::Gauge;
  double divisor = 1;
};

// `has_plain`: the sensor has a file without a property too, which takes the plain name.
HwmonFamily hwmon_family(std::string_view type, std::string_view property, bool has_plain);

class HwmonCollector final : public DeviceCollector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  HwmonCollector(const Roots& roots, DeviceFilter chips, DeviceFilter sensors);
  std::string_view name() const override { return "hwmon"; }

 private:
  struct Sensor {
    std::string type;
    std::map<std::string, std::string, std::less<>> paths;  // by property
  };
  using Sensors = std::map<std::string, Sensor, std::less<>>;

  Result<void> meet(DeviceSheet& sheet, const std::string& name, const std::string& path) override;
  static std::optional<std::string> chip_label(const SysRoot& sys, const std::string& path);
  static void find_sensors(const SysRoot& sys, const std::string& path, Sensors& sensors);
  static void show(DeviceSheet& sheet, const std::string& chip, const std::string& name,
                   const Sensor& sensor);

  DeviceFilter chips_;
  DeviceFilter sensors_;
};

}  // namespace joist::collectors
