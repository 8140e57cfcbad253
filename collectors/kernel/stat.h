// Totals since boot and what runs now.
//
// Source: /proc/stat (proc_stat(5)): intr, ctxt, processes, btime, procs_*.
// Emits:  node_intr_total, node_context_switches_total, node_forks_total  counter
//         node_boot_time_seconds, node_procs_running, node_procs_blocked  gauge
#pragma once

#include <array>
#include <string_view>

#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

class StatCollector final : public Collector {
 public:
  explicit StatCollector(const Roots& roots);
  std::string_view name() const override { return "stat"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Entry {
    std::string_view field;  // first word of the line; the value is the second
    Family family;
  };

  ProcFile file_;
  std::array<Entry, 6> entries_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
