// The counters of the network caches: neighbours, routes, connections.
//
// Source: /proc/net/stat/* (lnstat(8)): a line of names, then one for each CPU.
// Emits:  node_lnstat_<name>_total{cpu,subsystem}  counter
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

class LnstatCollector final : public Collector {
 public:
  explicit LnstatCollector(const Roots& roots);
  std::string_view name() const override { return "lnstat"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Subsystem {
    std::string name;
    ProcFile file;
    std::string names;                                    // the first line, when laid out
    std::vector<std::vector<SampleSheet::Place>> places;  // by CPU, then column
  };

  void lay_out();
  void lay_out(Subsystem& subsystem, std::string_view text);
  bool fill(Subsystem& subsystem, std::string_view text);

  SysRoot proc_;
  DeviceClass files_;
  std::vector<Subsystem> subsystems_;
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
