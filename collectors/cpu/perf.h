// Hardware and software events that the kernel counts for each CPU.
//
// Source: perf_event_open(2) over all processes of a CPU, since the first page. Needs
//         CAP_PERFMON, or kernel.perf_event_paranoid of 0 at most; an event that this
//         CPU lacks is left out. One descriptor for each event and CPU.
// Emits:  node_perf_<event>_total{cpu}  counter;
//         node_perf_<subsystem>_<event>{cpu}  counter, for collector.perf.tracepoint
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/roots.h"

namespace joist::collectors {

// "0,2-5,8-16:4": the members of a list with strides; nothing if it is none.
std::optional<std::vector<unsigned>> parse_perf_cpus(std::string_view text);

struct PerfEvent {
  std::string family;
  std::string help;
  std::uint32_t type = 0;    // PERF_TYPE_*
  std::uint64_t config = 0;  // what is counted, as the type has it
};

class PerfCollector final : public Collector {
 public:
  // Malformed if a list of CPUs, an event's name or a tracepoint is none.
  static Made make(const Roots& roots, const Settings& settings);
  PerfCollector(const Roots& roots, std::vector<unsigned> cpus, std::vector<PerfEvent> events,
                std::vector<std::string> tracepoints);
  std::string_view name() const override { return "perf"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Counter {
    UniqueFd fd;
    std::size_t cpu;  // in cpus_
  };
  struct Counted {
    Family family;
    std::vector<Counter> counters;
  };

  Result<void> open();
  Result<PerfEvent> find_tracepoint(const std::string& name) const;

  SysRoot sys_;
  std::shared_ptr<const DeviceChanges> devices_;
  std::uint64_t refused_at_ = 0;  // asked again when devices change
  std::vector<unsigned> cpus_;    // empty until opened: those on line
  std::vector<PerfEvent> events_;
  std::vector<std::string> tracepoints_;  // "subsystem:event"
  std::vector<Labels> labels_;            // of each CPU
  std::vector<Counted> counted_;
};

}  // namespace joist::collectors
