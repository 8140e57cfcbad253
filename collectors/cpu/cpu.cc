#include "collectors/cpu/cpu.h"

#include <algorithm>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr double kTicksPerSecond = 100;  // USER_HZ, the same on every architecture served
constexpr std::size_t kColumnsMin = 4;   // user, nice, system, idle
constexpr std::uint64_t kHotplugTicks = 300;
constexpr unsigned kCpusMax = 8192;  // CONFIG_NR_CPUS at its largest
constexpr std::size_t kIdle = static_cast<std::size_t>(CpuMode::Idle);
constexpr std::string_view kDirectory = "devices/system/cpu";

struct Shown {
  CpuMode mode;
  std::string_view label;
};
constexpr Shown kShown[] = {
    {CpuMode::Idle, "idle"},     {CpuMode::Iowait, "iowait"},   {CpuMode::Irq, "irq"},
    {CpuMode::Nice, "nice"},     {CpuMode::Softirq, "softirq"}, {CpuMode::Steal, "steal"},
    {CpuMode::System, "system"}, {CpuMode::User, "user"},
};
constexpr Shown kShownGuest[] = {{CpuMode::GuestNice, "nice"}, {CpuMode::Guest, "user"}};

bool is_number(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && std::ranges::all_of(text, digit);
}

}  // namespace

std::optional<CpuLine> parse_cpu_line(std::string_view line) {
  Fields fields(line);
  const std::string_view name = fields.next();
  if (!name.starts_with("cpu") || !is_number(name.substr(3))) return std::nullopt;

  CpuLine cpu{name.substr(3)};
  for (std::size_t column = 0; column < kCpuModes; ++column) {
    const std::string_view field = fields.next();
    if (field.empty() && column >= kColumnsMin) break;
    const auto ticks = parse_uint(field);
    if (!ticks) return std::nullopt;
    cpu.ticks[column] = *ticks;
  }
  return cpu;
}

CpuTicks keep_rising(const CpuTicks& shown, const CpuTicks& now) {
  if (shown[kIdle] >= now[kIdle] + kHotplugTicks) return now;
  CpuTicks next;
  for (std::size_t mode = 0; mode < kCpuModes; ++mode)
    next[mode] = std::max(shown[mode], now[mode]);
  return next;
}

std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text) {
  std::vector<unsigned> cpus;
  while (!text.empty()) {
    const std::string_view range = text.substr(0, text.find(','));
    text.remove_prefix(std::min(range.size() + 1, text.size()));
    const auto dash = range.find('-');
    const auto first = parse_number<unsigned>(range.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_number<unsigned>(range.substr(dash + 1));
    if (!first || !last || *last < *first || *last >= kCpusMax) return std::nullopt;
    for (unsigned cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

CpuCollector::CpuCollector(const Roots& roots)
    : sys_(roots.sys()),
      stat_(roots.proc(), "stat", ProcFile::Shape::Whole, 16384),
      seconds_("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.",
               MetricType::Counter),
      guest_seconds_("node_cpu_guest_seconds_total",
                     "Seconds the CPUs spent in guests (VMs) for each mode.", MetricType::Counter),
      core_throttles_("node_cpu_core_throttles_total",
                      "Number of times this CPU core has been throttled.", MetricType::Counter),
      package_throttles_("node_cpu_package_throttles_total",
                         "Number of times this CPU package has been throttled.",
                         MetricType::Counter),
      isolated_("node_cpu_isolated",
                "Whether each core is isolated, information from "
                "/sys/devices/system/cpu/isolated.",
                MetricType::Gauge) {}

CpuCollector::Cpu CpuCollector::make_cpu(std::string_view number) {
  Cpu cpu{std::string(number), {}, {}};
  const auto render = [&](const Shown& shown) {
    cpu.labels[static_cast<std::size_t>(shown.mode)] =
        Labels{{"cpu", number}, {"mode", shown.label}};
  };
  for (const Shown& shown : kShown) render(shown);
  for (const Shown& shown : kShownGuest) render(shown);
  return cpu;
}

Result<void> CpuCollector::collect(Exposition& page) {
  const auto text = stat_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  std::size_t count = 0;
  cpus_.restart();
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
    const auto parsed = parse_cpu_line(line);
    Cpu* const cpu =
        parsed ? cpus_.next(parsed->number, [&] { return make_cpu(parsed->number); }) : nullptr;
    if (cpu == nullptr) {
      malformed_.report(stat_.path(), line);
      continue;
    }
    cpu->shown = keep_rising(cpu->shown, parsed->ticks);
    ++count;
  }
  cpus_.finish();
  if (count != cpus_at_search_) find_hardware();
  cpus_at_search_ = count;

  show_time(page);
  page.begin(isolated_);
  for (const Labels& labels : isolated_labels_) page.sample(labels, 1U);
  show_throttles(page);
  return {};
}

void CpuCollector::show_time(Exposition& page) {
  const auto show = [&](const Family& family, const auto& modes) {
    page.begin(family);
    for (const auto& cpu : cpus_) {
      for (const Shown& shown : modes) {
        const auto mode = static_cast<std::size_t>(shown.mode);
        page.sample(cpu->labels[mode], static_cast<double>(cpu->shown[mode]) / kTicksPerSecond);
      }
    }
  };
  show(guest_seconds_, kShownGuest);
  show(seconds_, kShown);
}

void CpuCollector::find_hardware() {
  throttles_.clear();
  isolated_labels_.clear();

  const auto isolated = sys_.read_line(std::string(kDirectory) + "/isolated");
  const auto cpus = isolated ? parse_cpu_list(*isolated) : std::nullopt;
  if (isolated && !cpus) malformed_.report("/sys/devices/system/cpu/isolated", *isolated);
  for (const unsigned cpu : cpus.value_or(std::vector<unsigned>())) {
    isolated_labels_.push_back(Labels{{"cpu", std::to_string(cpu)}});
  }

  const auto names = sys_.list(kDirectory);
  if (!names) return;
  for (const std::string& name : *names) {
    if (!name.starts_with("cpu") || !is_number(std::string_view(name).substr(3))) continue;
    const std::string directory = std::string(kDirectory) + "/" + name;
    const auto package = sys_.read_line(directory + "/topology/physical_package_id");
    const auto core = sys_.read_line(directory + "/topology/core_id");
    if (!package || !core || !parse_uint(*package) || !parse_uint(*core)) continue;
    add_throttle(directory, *package, *core);
    add_throttle(directory, *package, "");
  }
}

// Siblings share a core, and cores a package: the first that has the file speaks.
void CpuCollector::add_throttle(const std::string& directory, const std::string& package,
                                const std::string& core) {
  const auto same = [&](const Throttle& known) {
    return known.package == package && known.core == core;
  };
  if (std::ranges::any_of(throttles_, same)) return;

  const std::string path =
      directory + "/thermal_throttle/" + (core.empty() ? "package" : "core") + "_throttle_count";
  if (!sys_.exists(path)) return;
  const Labels labels =
      core.empty() ? Labels{{"package", package}} : Labels{{"core", core}, {"package", package}};
  throttles_.push_back(
      {package, core, ProcFile(sys_, path, ProcFile::Shape::Whole, 64), labels, std::nullopt});
}

void CpuCollector::show_throttles(Exposition& page) {
  for (Throttle& throttle : throttles_) {
    const auto text = throttle.file.read();
    throttle.count = text ? parse_uint(Fields(*text).next()) : std::nullopt;
  }
  for (const bool whole_package : {false, true}) {
    page.begin(whole_package ? package_throttles_ : core_throttles_);
    for (const Throttle& throttle : throttles_) {
      if (throttle.core.empty() == whole_package && throttle.count) {
        page.sample(throttle.labels, *throttle.count);
      }
    }
  }
}

}  // namespace joist::collectors
