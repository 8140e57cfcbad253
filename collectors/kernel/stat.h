// Totals since boot and what runs now.
//
// Source: /proc/stat (proc_stat(5)): intr, ctxt, processes, btime, procs_*.
// Emits:  node_intr_total, node_context_switches_total, node_forks_total  counter
//         node_boot_time_seconds, node_procs_running, node_procs_blocked  gauge
//         node_softirqs_total{vector}  counter, with collector.stat.softirq
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

// The softirq line's counts after the total, in the kernel's order: hi, timer, net_tx,
// net_rx, block, block_iopoll, tasklet, sched, hrtimer, rcu.
inline constexpr std::size_t kSoftirqVectors = 10;
using SoftirqTotals = std::array<std::uint64_t, kSoftirqVectors>;

// Nothing if the line is not "softirq" with the total and each of them.
std::optional<SoftirqTotals> parse_softirq_totals(std::string_view line);

class StatCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  StatCollector(const Roots& roots, bool softirqs);
  std::string_view name() const override { return "stat"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Entry {
    std::string_view field;  // first word of the line; the value is the second
    Family family;
  };

  void show_softirqs(Exposition& page, std::string_view line);

  std::shared_ptr<SharedFile> file_;
  bool softirqs_;
  std::array<Entry, 6> entries_;
  std::array<Labels, kSoftirqVectors> softirq_labels_;
  const Family softirqs_total_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
