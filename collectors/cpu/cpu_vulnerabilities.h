// Which hardware bugs the CPUs have, and what the kernel does about them.
//
// Source: /sys/devices/system/cpu/vulnerabilities/* (Documentation/admin-guide/hw-vuln).
//         Read again when devices change, at the latest every minute.
// Emits:  node_cpu_vulnerabilities_info{codename,mitigation,state} 1  gauge; `state` is
//         "not affected", "vulnerable", "mitigation" or "unknown"
#pragma once

#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct Vulnerability {
  std::string_view state;
  std::string_view mitigation;  // what follows the state; all that is there where it is unknown
};

// `text` without white space around it.
Vulnerability parse_vulnerability(std::string_view text);

class CpuVulnerabilitiesCollector final : public Collector {
 public:
  explicit CpuVulnerabilitiesCollector(const Roots& roots);
  std::string_view name() const override { return "cpu_vulnerabilities"; }
  Result<void> collect(Exposition& page) override;

 private:
  SysRoot sys_;
  DeviceClass bugs_;
  std::vector<Labels> labels_;
  const Family info_;
};

}  // namespace joist::collectors
