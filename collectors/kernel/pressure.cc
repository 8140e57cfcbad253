#include "collectors/kernel/pressure.h"

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr double kMicrosecondsPerSecond = 1e6;
constexpr std::string_view kTotal = "total=";

Family waiting(std::string_view resource, std::string_view help) {
  return {"node_pressure_" + std::string(resource) + "_waiting_seconds_total", help,
          MetricType::Counter};
}

Family stalled(std::string_view resource, std::string_view help) {
  return {"node_pressure_" + std::string(resource) + "_stalled_seconds_total", help,
          MetricType::Counter};
}

ModuleFile file(const Roots& roots, std::string_view resource) {
  return {roots.proc(), "pressure/" + std::string(resource), ProcFile::Shape::Whole, 512,
          roots.devices};
}

}  // namespace

std::optional<PressureLine> parse_pressure_line(std::string_view line) {
  Fields fields(line);
  const std::string_view scope = fields.next();
  if (scope != "some" && scope != "full") return std::nullopt;
  for (auto field = fields.next(); !field.empty(); field = fields.next()) {
    if (!field.starts_with(kTotal)) continue;
    const auto total = parse_uint(field.substr(kTotal.size()));
    if (!total) return std::nullopt;
    return PressureLine{scope, *total};
  }
  return std::nullopt;
}

PressureCollector::PressureCollector(const Roots& roots) {
  resources_.push_back(
      {file(roots, "cpu"),
       waiting("cpu", "Total time in seconds that processes have waited for CPU time"),
       std::nullopt});
  resources_.push_back(
      {file(roots, "io"),
       waiting("io", "Total time in seconds that processes have waited due to IO congestion"),
       stalled("io", "Total time in seconds no process could make progress due to IO congestion")});
  resources_.push_back(
      {file(roots, "memory"),
       waiting("memory", "Total time in seconds that processes have waited for memory"),
       stalled("memory",
               "Total time in seconds no process could make progress due to memory congestion")});
  resources_.push_back(
      {file(roots, "irq"), std::nullopt,
       stalled("irq", "Total time in seconds no process could make progress due to IRQ congestion"),
       false});
}

Result<void> PressureCollector::collect(Exposition& page) {
  for (Resource& resource : resources_) {
    const auto text = resource.file.read();
    if (!text && !resource.required) continue;
    if (!text) return tl::unexpected<Error>(text.error());

    Lines lines(*text);
    for (std::string_view line; lines.next(line);) {
      const auto pressure = parse_pressure_line(line);
      if (!pressure) {
        malformed_.report(resource.file.path(), line);
        continue;
      }
      const auto& family = pressure->scope == "some" ? resource.waiting : resource.stalled;
      if (!family) continue;
      page.begin(*family);
      page.sample(static_cast<double>(pressure->total_microseconds) / kMicrosecondsPerSecond);
    }
  }
  return {};
}

}  // namespace joist::collectors
