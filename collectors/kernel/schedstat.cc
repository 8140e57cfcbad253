#include "collectors/kernel/schedstat.h"

#include <array>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;
constexpr std::size_t kColumns = 9;

}  // namespace

std::optional<ScheduledCpu> parse_schedstat_line(std::string_view line) {
  Fields fields(line);
  const std::string_view name = fields.next();
  if (!name.starts_with("cpu") || !parse_uint(name.substr(3))) return std::nullopt;

  std::array<std::uint64_t, kColumns> columns{};
  for (auto& column : columns) {
    const auto value = parse_uint(fields.next());
    if (!value) return std::nullopt;
    column = *value;
  }
  return ScheduledCpu{name.substr(3), columns[6], columns[7], columns[8]};
}

SchedstatCollector::SchedstatCollector(const Roots& roots)
    : file_(roots.proc(), "schedstat", ProcFile::Shape::Records, 16384, roots.devices),
      running_("node_schedstat_running_seconds_total",
               "Number of seconds CPU spent running a process.", MetricType::Counter),
      waiting_("node_schedstat_waiting_seconds_total",
               "Number of seconds spent by processing waiting for this CPU.", MetricType::Counter),
      timeslices_("node_schedstat_timeslices_total", "Number of timeslices executed by CPU.",
                  MetricType::Counter) {}

Result<void> SchedstatCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  cpus_.restart();
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    if (!line.starts_with("cpu")) continue;  // version, timestamp, domains
    const auto now = parse_schedstat_line(line);
    Cpu* const cpu =
        now ? cpus_.next(now->number,
                         [&] {
                           return Cpu{std::string(now->number), Labels{{"cpu", now->number}}, {}};
                         })
            : nullptr;
    if (cpu == nullptr) {
      malformed_.report(file_.path(), line);
      continue;
    }
    cpu->now = *now;
    cpu->now.number = {};
  }
  cpus_.finish();

  page.begin(running_);
  for (const auto& cpu : cpus_) {
    page.sample(cpu->labels,
                static_cast<double>(cpu->now.running_nanoseconds) / kNanosecondsPerSecond);
  }
  page.begin(waiting_);
  for (const auto& cpu : cpus_) {
    page.sample(cpu->labels,
                static_cast<double>(cpu->now.waiting_nanoseconds) / kNanosecondsPerSecond);
  }
  page.begin(timeslices_);
  for (const auto& cpu : cpus_) page.sample(cpu->labels, cpu->now.timeslices);
  return {};
}

}  // namespace joist::collectors
