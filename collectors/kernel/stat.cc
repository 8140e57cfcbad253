#include "collectors/kernel/stat.h"

#include <algorithm>

#include "collectors/fields.h"

namespace joist::collectors {

StatCollector::StatCollector(const Roots& roots)
    : file_(roots.proc(), "stat", ProcFile::Shape::Whole, 16384),
      entries_{{
          {"intr",
           {"node_intr_total", "Total number of interrupts serviced.", MetricType::Counter}},
          {"ctxt",
           {"node_context_switches_total", "Total number of context switches.",
            MetricType::Counter}},
          {"processes", {"node_forks_total", "Total number of forks.", MetricType::Counter}},
          {"btime", {"node_boot_time_seconds", "Node boot time, in unixtime.", MetricType::Gauge}},
          {"procs_running",
           {"node_procs_running", "Number of processes in runnable state.", MetricType::Gauge}},
          {"procs_blocked",
           {"node_procs_blocked", "Number of processes blocked waiting for I/O to complete.",
            MetricType::Gauge}},
      }} {}

Result<void> StatCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  std::array<bool, 6> seen{};
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    Fields fields(line);
    const std::string_view field = fields.next();
    const auto entry = std::ranges::find(entries_, field, &Entry::field);
    if (entry == entries_.end()) continue;  // cpu lines belong to the cpu collector

    const auto value = parse_uint(fields.next());
    bool& was_seen = seen[static_cast<std::size_t>(entry - entries_.begin())];
    if (!value || was_seen) {
      malformed_.report(file_.path(), line);
      continue;
    }
    was_seen = true;
    page.begin(entry->family);
    page.sample(*value);
  }
  return {};
}

}  // namespace joist::collectors
