#include "collectors/kernel/cgroups.h"

#include "collectors/fields.h"

namespace joist::collectors {

std::optional<ControllerLine> parse_cgroups_line(std::string_view line) {
  Fields fields(line);
  const std::string_view controller = fields.next();
  const auto hierarchy = parse_uint(fields.next());
  const auto groups = parse_uint(fields.next());
  const auto enabled = parse_uint(fields.next());
  if (!hierarchy || !groups || !enabled) return std::nullopt;
  return ControllerLine{controller, *groups, *enabled};
}

CgroupsCollector::CgroupsCollector(const Roots& roots)
    : file_(roots.proc(), "cgroups", ProcFile::Shape::Whole, 1024),
      groups_("node_cgroups_cgroups", "Current cgroup number of the subsystem.", MetricType::Gauge),
      enabled_("node_cgroups_enabled", "Current cgroup number of the subsystem.",
               MetricType::Gauge) {}

Result<void> CgroupsCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  controllers_.restart();
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    if (line.starts_with('#')) continue;  // the head of the table
    const auto now = parse_cgroups_line(line);
    const auto make = [&] {
      return Controller{std::string(now->controller), Labels{{"subsys_name", now->controller}}};
    };
    Controller* const controller = now ? controllers_.next(now->controller, make) : nullptr;
    if (controller == nullptr) {
      malformed_.report(file_.path(), line);
      continue;
    }
    controller->groups = now->groups;
    controller->enabled = now->enabled;
  }
  controllers_.finish();

  page.begin(groups_);
  for (const auto& controller : controllers_) page.sample(controller->labels, controller->groups);
  page.begin(enabled_);
  for (const auto& controller : controllers_) page.sample(controller->labels, controller->enabled);
  return {};
}

}  // namespace joist::collectors
