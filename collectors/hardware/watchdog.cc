#include "collectors/hardware/watchdog.h"

#include <utility>

namespace joist::collectors {
namespace {

using MetricType::Gauge;

struct Figure {
  std::string_view attribute;
  FamilyText family;
};

constexpr Figure kFigures[] = {
    {"access_cs0",
     {"node_watchdog_access_cs0", "Value of /sys/class/watchdog/<watchdog>/access_cs0", Gauge}},
    {"bootstatus",
     {"node_watchdog_bootstatus", "Value of /sys/class/watchdog/<watchdog>/bootstatus", Gauge}},
    {"fw_version",
     {"node_watchdog_fw_version", "Value of /sys/class/watchdog/<watchdog>/fw_version", Gauge}},
    {"nowayout",
     {"node_watchdog_nowayout", "Value of /sys/class/watchdog/<watchdog>/nowayout", Gauge}},
    {"pretimeout",
     {"node_watchdog_pretimeout_seconds", "Value of /sys/class/watchdog/<watchdog>/pretimeout",
      Gauge}},
    {"timeleft",
     {"node_watchdog_timeleft_seconds", "Value of /sys/class/watchdog/<watchdog>/timeleft", Gauge}},
    {"timeout",
     {"node_watchdog_timeout_seconds", "Value of /sys/class/watchdog/<watchdog>/timeout", Gauge}},
};

constexpr FamilyText kInfo{"node_watchdog_info", "Info of /sys/class/watchdog/<watchdog>", Gauge};

// Their names are the labels'.
constexpr std::string_view kTexts[] = {"identity", "options", "pretimeout_governor", "state",
                                       "status"};

}  // namespace

WatchdogCollector::WatchdogCollector(const Roots& roots)
    : DeviceCollector(roots, "/class/watchdog", Absent::Fails) {}

Result<void> WatchdogCollector::meet(DeviceSheet& sheet, const std::string& name,
                                     const std::string& path) {
  const Labels labels{{"name", name}};
  for (const auto& [attribute, family] : kFigures) {
    const std::string file = path + "/" + std::string(attribute);
    if (sheet.root().exists(file)) sheet.follow(family, labels, file, parse_any_base);
  }
  AttributeLabels info;
  info.add("name", name);
  for (const std::string_view text : kTexts) {
    info.add(sheet.root(), text, path + "/" + std::string(text));
  }
  sheet.tell(kInfo, std::move(info));
  return {};
}

}  // namespace joist::collectors
