// Load averages.
//
// Source: /proc/loadavg (proc_loadavg(5)): means over 1, 5 and 15 minutes.
// Emits:  node_load1, node_load5, node_load15  gauge
#pragma once

#include "collectors/collector.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

class LoadavgCollector final : public Collector {
 public:
  explicit LoadavgCollector(const Roots& roots);
  std::string_view name() const override { return "loadavg"; }
  Result<void> collect(Exposition& page) override;

 private:
  ProcFile file_;
  const Family load1_, load5_, load15_;
};

}  // namespace joist::collectors
