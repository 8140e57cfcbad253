// Hardware watchdogs.
//
// Source: /sys/class/watchdog (Documentation/ABI/testing/sysfs-class-watchdog); what a driver
//         lacks has no file.
// Emits:  node_watchdog_{access_cs0,bootstatus,fw_version,nowayout,pretimeout_seconds,
//         timeleft_seconds,timeout_seconds}{name}  gauge
//         node_watchdog_info{identity,name,options,pretimeout_governor,state,status}  1
#pragma once

#include <string>
#include <string_view>

#include "collectors/device_collector.h"

namespace joist::collectors {

class WatchdogCollector final : public DeviceCollector {
 public:
  explicit WatchdogCollector(const Roots& roots);
  std::string_view name() const override { return "watchdog"; }

 private:
  Result<void> meet(DeviceSheet& sheet, const std::string& name, const std::string& path) override;
};

}  // namespace joist::collectors
