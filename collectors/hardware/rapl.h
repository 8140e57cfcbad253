// Energy that processors and memory used (running average power limit).
//
// Source: /sys/class/powercap/*/energy_uj (Documentation/power/powercap/powercap.rst), which
//         since Linux 5.10 is for root only.
// Emits:  node_rapl_<zone>_joules_total{index,path}      counter; or, with
//         collector.rapl.enable-zone-label,
//         node_rapl_joules_total{index,path,rapl_zone}   counter
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "collectors/area.h"
#include "collectors/device_collector.h"

namespace joist::collectors {

struct RaplZone {
  std::string name;  // "package"
  int index = 0;
};

// "package-0" has its number; zones without one are counted: `seen` is how often each name
// occurred.
RaplZone name_rapl_zone(std::string_view text, const std::map<std::string, int, std::less<>>& seen);

class RaplCollector final : public DeviceCollector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  RaplCollector(const Roots& roots, bool zone_label);
  std::string_view name() const override { return "rapl"; }

 private:
  Result<void> meet(DeviceSheet& sheet, const std::string& name, const std::string& path) override;
  void begin(const DeviceSheet&, const std::vector<std::string>&) override { seen_.clear(); }

  bool zone_label_;
  std::map<std::string, int, std::less<>> seen_;
};

}  // namespace joist::collectors
