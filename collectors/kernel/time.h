// The clock, its zone and what it ticks by.
//
// Source: clock_gettime(2), localtime(3),
//         /sys/devices/system/clocksource/clocksource*/{available,current}_clocksource
// Emits:  node_time_seconds, node_time_zone_offset_seconds{time_zone},
//         node_time_clocksource_{available,current}_info{clocksource,device}  gauge
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

class TimeCollector final : public Collector {
 public:
  explicit TimeCollector(const Roots& roots);
  std::string_view name() const override { return "time"; }
  Result<void> collect(Exposition& page) override;

 private:
  // One clocksource directory: a file whose words become one sample each.
  struct Words {
    ProcFile file;
    std::string text;  // what labels were rendered from
    std::vector<Labels> labels;
  };
  struct Device {
    std::string number;  // 0 in clocksource0
    Words available;
    Words current;
  };

  void find_devices();
  Result<void> refresh(Words& words, const std::string& device) const;

  SysRoot sys_;
  SeldomLook look_;
  std::optional<std::vector<Device>> devices_;  // looked for once: fixed at boot
  std::string zone_;
  Labels zone_labels_;
  const Family now_, zone_offset_, available_, current_;
};

}  // namespace joist::collectors
