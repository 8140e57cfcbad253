#include "collectors/hardware/powersupplyclass.h"

#include <utility>

namespace joist::collectors {
namespace {

struct Figure {
  std::string_view attribute;
  std::string_view name;  // without node_power_supply_
  AttributeSamples::Parse parse;
};

constexpr Figure kFigures[] = {
    {"authentic", "authentic", parse_any_base},
    {"calibrate", "calibrate", parse_any_base},
    {"capacity", "capacity", parse_any_base},
    {"capacity_alert_max", "capacity_alert_max", parse_any_base},
    {"capacity_alert_min", "capacity_alert_min", parse_any_base},
    {"cycle_count", "cyclecount", parse_any_base},
    {"online", "online", parse_any_base},
    {"present", "present", parse_any_base},
    {"time_to_empty_now", "time_to_empty_seconds", parse_any_base},
    {"time_to_full_now", "time_to_full_seconds", parse_any_base},
    {"current_boot", "current_boot", parse_millionths},
    {"current_max", "current_max", parse_millionths},
    {"current_now", "current_ampere", parse_millionths},
    {"energy_empty", "energy_empty", parse_millionths},
    {"energy_empty_design", "energy_empty_design", parse_millionths},
    {"energy_full", "energy_full", parse_millionths},
    {"energy_full_design", "energy_full_design", parse_millionths},
    {"energy_now", "energy_watthour", parse_millionths},
    {"voltage_boot", "voltage_boot", parse_millionths},
    {"voltage_max", "voltage_max", parse_millionths},
    {"voltage_max_design", "voltage_max_design", parse_millionths},
    {"voltage_min", "voltage_min", parse_millionths},
    {"voltage_min_design", "voltage_min_design", parse_millionths},
    {"voltage_now", "voltage_volt", parse_millionths},
    {"voltage_ocv", "voltage_ocv", parse_millionths},
    {"charge_control_limit", "charge_control_limit", parse_millionths},
    {"charge_control_limit_max", "charge_control_limit_max", parse_millionths},
    {"charge_counter", "charge_counter", parse_millionths},
    {"charge_empty", "charge_empty", parse_millionths},
    {"charge_empty_design", "charge_empty_design", parse_millionths},
    {"charge_full", "charge_full", parse_millionths},
    {"charge_full_design", "charge_full_design", parse_millionths},
    {"charge_now", "charge_ampere", parse_millionths},
    {"charge_term_current", "charge_term_current", parse_millionths},
    {"constant_charge_current", "constant_charge_current", parse_millionths},
    {"constant_charge_current_max", "constant_charge_current_max", parse_millionths},
    {"constant_charge_voltage", "constant_charge_voltage", parse_millionths},
    {"constant_charge_voltage_max", "constant_charge_voltage_max", parse_millionths},
    {"precharge_current", "precharge_current", parse_millionths},
    {"input_current_limit", "input_current_limit", parse_millionths},
    {"power_now", "power_watt", parse_millionths},
    {"temp", "temp_celsius", parse_tenths},
    {"temp_alert_max", "temp_alert_max_celsius", parse_tenths},
    {"temp_alert_min", "temp_alert_min_celsius", parse_tenths},
    {"temp_ambient", "temp_ambient_celsius", parse_tenths},
    {"temp_ambient_max", "temp_ambient_max_celsius", parse_tenths},
    {"temp_ambient_min", "temp_ambient_min_celsius", parse_tenths},
    {"temp_max", "temp_max_celsius", parse_tenths},
    {"temp_min", "temp_min_celsius", parse_tenths},
};

// Their names are the labels'.
constexpr std::string_view kTexts[] = {
    "capacity_level", "charge_type", "health",     "manufacturer", "model_name", "scope",
    "serial_number",  "status",      "technology", "type",         "usb_type"};

constexpr FamilyText kInfo{"node_power_supply_info",
                           "info of /sys/class/power_supply/<power_supply>.", MetricType::Gauge};

// What stays as long as the supply: read once.
bool is_fixed(std::string_view attribute) {
  return attribute.ends_with("_design") || attribute == "authentic";
}

}  // namespace

Made PowersupplyclassCollector::make(const Roots& roots, const Settings& settings) {
  return std::make_unique<PowersupplyclassCollector>(
      roots, settings.pattern("collector.powersupply.ignored-supplies"));
}

PowersupplyclassCollector::PowersupplyclassCollector(const Roots& roots, NameFilter ignored)
    : DeviceCollector(roots, "/class/power_supply", Absent::Fails), ignored_(std::move(ignored)) {}

Result<void> PowersupplyclassCollector::meet(DeviceSheet& sheet, const std::string& name,
                                             const std::string& path) {
  if (ignored_.matches(name)) return {};
  const Labels labels{{"power_supply", name}};
  for (const auto& [attribute, figure, parse] : kFigures) {
    const std::string file = path + "/" + std::string(attribute);
    if (!sheet.root().exists(file)) continue;
    const std::string family = "node_power_supply_" + std::string(figure);
    const std::string help =
        std::string(figure) + " value of /sys/class/power_supply/<power_supply>.";
    const FamilyText text{family, help, MetricType::Gauge};
    if (is_fixed(attribute)) {
      sheet.read_once(text, labels, file, parse);
    } else {
      sheet.follow(text, labels, file, parse);
    }
  }
  AttributeLabels info(AttributeLabels::Missing::LeftOut);
  info.add("power_supply", name);
  for (const std::string_view text : kTexts) {
    info.add(sheet.root(), text, path + "/" + std::string(text));
  }
  sheet.tell(kInfo, std::move(info));
  return {};
}

}  // namespace joist::collectors
