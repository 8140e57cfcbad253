#include "collectors/hardware/hwmon.h"

#include <algorithm>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

using MetricType::Gauge;

constexpr std::string_view kTypes[] = {
    "beep_enable", "cpu", "curr", "energy",          "fan", "freq", "humidity", "in", "intrusion",
    "power",       "pwm", "temp", "update_interval", "vrm"};

// Properties that move by themselves. The others are limits, or what somebody chose.
constexpr std::string_view kMoving[] = {"alarm",   "average", "enable", "fault",
                                        "highest", "input",   "lowest", "output"};

bool moves(std::string_view property) {
  return property.empty() || std::ranges::any_of(kMoving, [&](std::string_view word) {
           return property.find(word) != property.npos;
         });
}

std::optional<double> parse_reading(std::string_view text) { return parse_number<double>(text); }

template <int kDivisor>
std::optional<double> parse_divided(std::string_view text) {
  const auto value = parse_reading(text);
  if (!value) return std::nullopt;
  return *value / kDivisor;
}

AttributeSamples::Parse parser_of(double divisor) {
  if (divisor == 1e3) return parse_divided<1'000>;
  if (divisor == 1e6) return parse_divided<1'000'000>;
  return parse_reading;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string base_name(std::string_view path) {
  return std::string(path.substr(path.find_last_of('/') + 1));
}

}  // namespace

std::optional<HwmonFile> parse_hwmon_file(std::string_view name) {
  const auto digits = std::ranges::find_if(name, is_digit);
  HwmonFile file;
  file.type = name.substr(0, static_cast<std::size_t>(digits - name.begin()));
  name.remove_prefix(file.type.size());
  const auto after = std::ranges::find_if_not(name, is_digit);
  const std::string_view number = name.substr(0, static_cast<std::size_t>(after - name.begin()));
  name.remove_prefix(number.size());
  if (!number.empty()) {
    const auto parsed = parse_number<std::int64_t>(number);
    if (!parsed) return std::nullopt;
    file.number = static_cast<std::uint64_t>(*parsed);
  }
  if (!name.empty()) {
    if (name[0] != '_' || name.size() == 1) return std::nullopt;
    file.property = name.substr(1);
  }
  if (std::ranges::find(kTypes, file.type) == std::end(kTypes)) return std::nullopt;
  return file;
}

std::string clean_hwmon_name(std::string_view text) {
  std::string clean;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xC0U) == 0x80U;  // a character costs one underscore
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c;
    const bool kept = (lower >= 'a' && lower <= 'z') || is_digit(lower) || lower == ':';
    if (kept) {
      clean += lower;
    } else if (!continues) {
      clean += '_';
    }
  }
  const auto first = clean.find_first_not_of('_');
  if (first == clean.npos) return {};
  return clean.substr(first, clean.find_last_not_of('_') - first + 1);
}

HwmonFamily hwmon_family(std::string_view type, std::string_view property, bool has_plain) {
  const std::string kind(type);
  const std::string what(property);
  const std::string plain = "node_hwmon_" + kind;
  std::string name = plain;
  if (property == "input") {
    if (has_plain) name += "_input";
  } else if (!property.empty()) {
    name += "_" + clean_hwmon_name(property);
  }

  if (property == "fault" || property == "alarm") {
    return {name, "Hardware sensor " + what + " status (" + kind + ")"};
  }
  if (property == "beep") {
    return {name + "_enabled", "Hardware monitor sensor has beeping enabled"};
  }
  if (type == "in" || type == "cpu") {
    return {name + "_volts", "Hardware monitor for voltage (" + what + ")", Gauge, 1e3};
  }
  if (type == "temp" && property != "type") {
    return {name + "_celsius",
            "Hardware monitor for temperature (" + (property.empty() ? "input" : what) + ")", Gauge,
            1e3};
  }
  if (type == "curr") {
    return {name + "_amps", "Hardware monitor for current (" + what + ")", Gauge, 1e3};
  }
  if (type == "energy") {
    return {name + "_joule_total", "Hardware monitor for joules used so far (" + what + ")",
            MetricType::Counter, 1e6};
  }
  if (type == "power" && property == "accuracy") {
    return {name, "Hardware monitor power meter accuracy, as a ratio", Gauge, 1e6};
  }
  if (type == "power" && (property == "average_interval" || property == "average_interval_min" ||
                          property == "average_interval_max")) {
    return {name + "_seconds", "Hardware monitor power usage update interval (" + what + ")", Gauge,
            1e3};
  }
  if (type == "power") {
    return {name + "_watt", "Hardware monitor for power usage in watts (" + what + ")", Gauge, 1e6};
  }
  if (type == "humidity") {
    return {name,
            "Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity "
            "as a percentage) (" +
                what + ")",
            Gauge, 1e6};
  }
  if (type == "fan" &&
      (property == "input" || property == "min" || property == "max" || property == "target")) {
    return {name + "_rpm", "Hardware monitor for fan revolutions per minute (" + what + ")"};
  }
  if (type == "freq" && property == "input") {
    return {name + "_freq_mhz", "Hardware monitor for GPU frequency in MHz", Gauge, 1e6};
  }
  return {name, "Hardware monitor " + kind + " element " + what};
}

Made HwmonCollector::make(const Roots& roots, const Settings& settings) {
  auto chips = settings.devices("collector.hwmon.chip");
  if (!chips) return tl::unexpected<Error>(chips.error());
  auto sensors = settings.devices("collector.hwmon.sensor");
  if (!sensors) return tl::unexpected<Error>(sensors.error());
  return std::make_unique<HwmonCollector>(roots, std::move(*chips), std::move(*sensors));
}

HwmonCollector::HwmonCollector(const Roots& roots, DeviceFilter chips, DeviceFilter sensors)
    : DeviceCollector(roots, "/class/hwmon", Absent::Fails),
      chips_(std::move(chips)),
      sensors_(std::move(sensors)) {}

// A name that stays whatever order the drivers were loaded in: the device's place.
std::optional<std::string> HwmonCollector::chip_label(const SysRoot& sys, const std::string& path) {
  if (const auto device = sys.real_path(path + "/device")) {
    const std::string parent = device->substr(0, device->find_last_of('/'));
    const std::string type = clean_hwmon_name(base_name(parent));
    const std::string name = clean_hwmon_name(base_name(*device));
    if (!name.empty()) return type.empty() ? name : type + "_" + name;
  }
  if (const auto name = sys.read(path + "/name")) {
    if (std::string clean = clean_hwmon_name(*name); !clean.empty()) return clean;
  }
  const auto real = sys.real_path(path);
  if (!real) return std::nullopt;
  std::string clean = clean_hwmon_name(base_name(*real));
  if (clean.empty()) return std::nullopt;
  return clean;
}

void HwmonCollector::find_sensors(const SysRoot& sys, const std::string& path, Sensors& sensors) {
  const auto names = sys.list(path);
  if (!names) return;
  for (const std::string& name : *names) {
    const auto file = parse_hwmon_file(name);
    if (!file) continue;
    Sensor& sensor = sensors[std::string(file->type).append(std::to_string(file->number))];
    sensor.type = file->type;
    sensor.paths[std::string(file->property)] = path + "/" + name;
  }
}

Result<void> HwmonCollector::meet(DeviceSheet& sheet, const std::string&, const std::string& path) {
  const SysRoot& sys = sheet.root();
  const auto chip = chip_label(sys, path);
  if (!chip || chips_.leaves_out(*chip)) return {};

  if (const auto name = sys.read(path + "/name")) {
    if (const std::string clean = clean_hwmon_name(*name); !clean.empty()) {
      sheet.fix({"node_hwmon_chip_names", "Annotation metric for human-readable chip names", Gauge},
                Labels{{"chip", *chip}, {"chip_name", clean}}, 1);
    }
  }
  Sensors sensors;
  find_sensors(sys, path, sensors);
  find_sensors(sys, path + "/device", sensors);
  for (const auto& [name, sensor] : sensors) {
    if (!sensors_.leaves_out(*chip + ";" + name)) show(sheet, *chip, name, sensor);
  }
  return {};
}

void HwmonCollector::show(DeviceSheet& sheet, const std::string& chip, const std::string& name,
                          const Sensor& sensor) {
  const Labels labels{{"chip", chip}, {"sensor", name}};
  std::optional<std::string> label;
  if (const auto path = sensor.paths.find("label"); path != sensor.paths.end()) {
    label = sheet.text(path->second);
  }
  if (label) {
    sheet.fix({"node_hwmon_sensor_label", "Label for given chip and sensor", Gauge},
              Labels{{"chip", chip}, {"label", *label}, {"sensor", name}}, 1);
  }
  const bool has_plain = sensor.paths.contains("");

  if (sensor.type == "beep_enable") {
    const FamilyText family{"node_hwmon_beep_enabled", "Hardware beep enabled", Gauge};
    const auto is_on = [](std::string_view text) { return std::optional(text == "1" ? 1.0 : 0.0); };
    if (has_plain) sheet.follow(family, labels, sensor.paths.at(""), is_on);
    return;
  }
  if (sensor.type == "vrm" || sensor.type == "update_interval") {
    const bool is_interval = sensor.type == "update_interval";
    const FamilyText interval{"node_hwmon_update_interval_seconds",
                              "Hardware monitor update interval", Gauge};
    const FamilyText regulator{"node_hwmon_voltage_regulator_version", "Hardware voltage regulator",
                               Gauge};
    if (has_plain) {
      sheet.read_once(is_interval ? interval : regulator, labels, sensor.paths.at(""),
                      parser_of(is_interval ? 1e3 : 1));
    }
    return;
  }
  for (const auto& [property, path] : sensor.paths) {
    const bool is_frequency = sensor.type == "freq" && property == "input";
    if (property == "label" || (is_frequency && !label)) continue;
    const HwmonFamily family = hwmon_family(sensor.type, property, has_plain);
    const FamilyText text{family.name, family.help, family.type};
    const Labels own =
        is_frequency ? Labels{{"chip", chip}, {"sensor", clean_hwmon_name(*label)}} : labels;
    if (moves(property)) {
      sheet.follow(text, own, path, parser_of(family.divisor));
    } else {
      sheet.read_once(text, own, path, parser_of(family.divisor));
    }
  }
}

}  // namespace joist::collectors
