#include "collectors/kernel/stat.h"

#include <algorithm>
#include <utility>

#include "collectors/fields.h"
#include "collectors/shared_file.h"

namespace joist::collectors {
namespace {

constexpr std::array<std::string_view, kSoftirqVectors> kVectors = {
    "hi",           "timer",   "net_tx", "net_rx",  "block",
    "block_iopoll", "tasklet", "sched",  "hrtimer", "rcu"};

}  // namespace

std::optional<SoftirqTotals> parse_softirq_totals(std::string_view line) {
  Fields fields(line);
  if (fields.next() != "softirq" || !parse_uint(fields.next())) return std::nullopt;
  SoftirqTotals totals{};
  for (auto& total : totals) {
    const auto count = parse_uint(fields.next());
    if (!count) return std::nullopt;
    total = *count;
  }
  return totals;
}

Made StatCollector::make(const Roots& roots, const Settings& settings) {
  return std::make_unique<StatCollector>(roots, settings.is_on("collector.stat.softirq"));
}

StatCollector::StatCollector(const Roots& roots, bool softirqs)
    : file_(roots.shared_proc_file("stat")),
      softirqs_(softirqs),
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
      }},
      softirqs_total_("node_softirqs_total", "Number of softirq calls.", MetricType::Counter) {
  for (std::size_t vector = 0; vector < kSoftirqVectors; ++vector) {
    softirq_labels_[vector] = Labels{{"vector", kVectors[vector]}};
  }
}

void StatCollector::show_softirqs(Exposition& page, std::string_view line) {
  const auto totals = parse_softirq_totals(line);
  if (!totals) return malformed_.report(file_->path(), line);
  page.begin(softirqs_total_);
  for (std::size_t vector = 0; vector < kSoftirqVectors; ++vector) {
    page.sample(softirq_labels_[vector], (*totals)[vector]);
  }
}

Result<void> StatCollector::collect(Exposition& page) {
  const auto text = file_->read();
  if (!text) return tl::unexpected<Error>(text.error());

  std::array<bool, 6> seen{};
  bool softirqs_seen = false;
  Lines lines(**text);
  for (std::string_view line; lines.next(line);) {
    Fields fields(line);
    const std::string_view field = fields.next();
    if (field == "softirq" && softirqs_ && !std::exchange(softirqs_seen, true)) {
      show_softirqs(page, line);
    }
    const auto entry = std::ranges::find(entries_, field, &Entry::field);
    if (entry == entries_.end()) continue;  // cpu lines belong to the cpu collector

    const auto value = parse_uint(fields.next());
    bool& was_seen = seen[static_cast<std::size_t>(entry - entries_.begin())];
    if (!value || was_seen) {
      malformed_.report(file_->path(), line);
      continue;
    }
    was_seen = true;
    page.begin(entry->family);
    page.sample(*value);
  }
  return {};
}

}  // namespace joist::collectors
