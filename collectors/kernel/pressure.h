// Pressure stall information: how long tasks waited for CPU, IO or memory.
//
// Source: /proc/pressure/{cpu,io,memory,irq}, Linux 4.20+ with psi=1; "total=" is
//         microseconds (Documentation/accounting/psi.rst).
// Emits:  node_pressure_{cpu,io,memory}_waiting_seconds_total  counter ("some")
//         node_pressure_{io,memory,irq}_stalled_seconds_total  counter ("full")
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct PressureLine {
  std::string_view scope;  // "some" or "full"
  std::uint64_t total_microseconds = 0;
};

// Nothing if the line is not "scope … total=N".
std::optional<PressureLine> parse_pressure_line(std::string_view line);

class PressureCollector final : public Collector {
 public:
  explicit PressureCollector(const Roots& roots);
  std::string_view name() const override { return "pressure"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Resource {
    ModuleFile file;
    std::optional<Family> waiting;  // none for irq: it has no "some"
    std::optional<Family> stalled;  // none for cpu: "full" is undefined for the whole system
    bool required = true;           // irq is there with CONFIG_IRQ_TIME_ACCOUNTING, Linux 6.1+
  };

  std::vector<Resource> resources_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
