#include "collectors/hardware/rapl.h"

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

std::string metric_name(std::string_view zone) {
  std::string name = "node_rapl_";
  for (const char c : zone) {
    const char one[] = {'_', c};  // a digit may not come first, but may here
    name += is_metric_name({one, sizeof one}) ? c : '_';
  }
  return name + "_joules_total";
}

}  // namespace

RaplZone name_rapl_zone(std::string_view text,
                        const std::map<std::string, int, std::less<>>& seen) {
  const auto dash = text.find('-');
  if (dash != text.npos && text.find('-', dash + 1) == text.npos) {
    if (const auto index = parse_number<int>(text.substr(dash + 1))) {
      return {std::string(text.substr(0, dash)), *index};
    }
  }
  const auto before = seen.find(text);
  return {std::string(text), before == seen.end() ? 0 : before->second};
}

Made RaplCollector::make(const Roots& roots, const Settings& settings) {
  return std::make_unique<RaplCollector>(roots, settings.is_on("collector.rapl.enable-zone-label"));
}

RaplCollector::RaplCollector(const Roots& roots, bool zone_label)
    : DeviceCollector(roots, "/class/powercap", Absent::Fails), zone_label_(zone_label) {}

Result<void> RaplCollector::meet(DeviceSheet& sheet, const std::string&, const std::string& path) {
  const auto text = sheet.text(path + "/name");
  if (!text) return {};  // a control type, not a zone
  const RaplZone zone = name_rapl_zone(*text, seen_);
  seen_[zone.name] = zone.index + 1;

  const std::string shown_path = sheet.root().resolve(path).string();
  const std::string index = std::to_string(zone.index);
  const std::string own_name = metric_name(zone.name);
  const std::string own_help = "Current RAPL " + zone.name + " value in joules";
  const FamilyText own{own_name, own_help, MetricType::Counter};
  const FamilyText common{"node_rapl_joules_total", "Current RAPL value in joules",
                          MetricType::Counter};
  const Labels labels =
      zone_label_ ? Labels{{"index", index}, {"path", shown_path}, {"rapl_zone", zone.name}}
                  : Labels{{"index", index}, {"path", shown_path}};
  if (!sheet.follow(zone_label_ ? common : own, labels, path + "/energy_uj", parse_millionths)) {
    return fail(ErrorCode::NotFound, "only root may");
  }
  return {};
}

}  // namespace joist::collectors
