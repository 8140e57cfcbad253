// How long each CPU ran tasks, and how long tasks waited for it.
//
// Source: /proc/schedstat (Documentation/scheduler/sched-stats.rst), "cpuN" lines:
//         the seventh number is the time of running and the eighth of waiting, both
//         in nanoseconds, the ninth counts time slices. Absent without CONFIG_SCHEDSTATS.
// Emits:  node_schedstat_{running_seconds,waiting_seconds,timeslices}_total{cpu}  counter
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct ScheduledCpu {
  std::string_view number;
  std::uint64_t running_nanoseconds = 0;
  std::uint64_t waiting_nanoseconds = 0;
  std::uint64_t timeslices = 0;
};

// Nothing if the line is not "cpuN" with nine numbers at least.
std::optional<ScheduledCpu> parse_schedstat_line(std::string_view line);

class SchedstatCollector final : public Collector {
 public:
  explicit SchedstatCollector(const Roots& roots);
  std::string_view name() const override { return "schedstat"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Cpu {
    std::string key;  // its number
    Labels labels;
    ScheduledCpu now;  // `number` is not kept
  };

  ModuleFile file_;
  Listing<Cpu> cpus_;
  MalformedLines malformed_;
  const Family running_, waiting_, timeslices_;
};

}  // namespace joist::collectors
