#include "collectors/network/lnstat.h"

#include "collectors/fields.h"
#include "collectors/network/hexadecimal.h"
#include "collectors/network/per_cpu_counters.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kBufferBytes = 16384;
constexpr std::size_t kCpusMax = 8192;
constexpr SampleSheet::Place kNowhere = static_cast<SampleSheet::Place>(-1);

}  // namespace

LnstatCollector::LnstatCollector(const Roots& roots)
    : proc_(roots.proc()), files_(roots.proc(), "/net/stat", roots.devices) {}

void LnstatCollector::lay_out(Subsystem& subsystem, std::string_view text) {
  PerCpuCounters cpus(text);
  subsystem.names = cpus.names();
  subsystem.places.clear();
  for (std::string_view line; cpus.next(line) && subsystem.places.size() < kCpusMax;) {
    const Labels labels{{"cpu", std::to_string(subsystem.places.size())},
                        {"subsystem", subsystem.name}};
    auto& places = subsystem.places.emplace_back();
    Fields names(subsystem.names);
    for (auto name = names.next(); !name.empty(); name = names.next()) {
      const std::string family = "node_lnstat_" + std::string(name) + "_total";
      const bool possible = is_metric_name(family);
      places.push_back(
          possible ? sheet_.add({family, "linux network cache stats", MetricType::Counter}, labels)
                   : kNowhere);
    }
  }
}

void LnstatCollector::lay_out() {
  sheet_.clear();
  for (Subsystem& subsystem : subsystems_) {
    const auto text = subsystem.file.read();
    lay_out(subsystem, text.value_or(std::string_view()));
  }
}

bool LnstatCollector::fill(Subsystem& subsystem, std::string_view text) {
  PerCpuCounters cpus(text);
  if (cpus.names() != subsystem.names) return false;
  std::size_t cpu = 0;
  for (std::string_view line; cpus.next(line); ++cpu) {
    if (cpu == subsystem.places.size()) return cpu == kCpusMax;
    Fields fields(line);
    for (const auto place : subsystem.places[cpu]) {
      const std::string_view field = fields.next();
      if (field.empty()) break;
      const auto value = parse_hexadecimal(field);
      if (!value) {
        malformed_.report(subsystem.file.path(), line);
      } else if (place != kNowhere) {
        sheet_.set(place, static_cast<double>(*value));
      }
    }
  }
  return true;
}

Result<void> LnstatCollector::collect(Exposition& page) {
  const auto changed = files_.refresh();
  if (!changed) return tl::unexpected<Error>(changed.error());
  if (*changed) {
    subsystems_.clear();
    for (const std::string& name : files_.names()) {
      subsystems_.push_back({name,
                             ProcFile(proc_, files_.directory() + "/" + name,
                                      ProcFile::Shape::ShortRecords, kBufferBytes),
                             {},
                             {}});
    }
    lay_out();
  }
  // Twice: a CPU may have come, or another kernel module's file under an old name.
  for (int attempt = 0; attempt < 2; ++attempt) {
    sheet_.blank();
    bool fits = true;
    for (Subsystem& subsystem : subsystems_) {
      const auto text = subsystem.file.read();
      if (text) fits = fill(subsystem, *text) && fits;
    }
    if (fits) break;
    lay_out();
  }
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
