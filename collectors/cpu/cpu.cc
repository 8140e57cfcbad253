#include "collectors/cpu/cpu.h"

#include <algorithm>
#include <utility>

#include "collectors/cpu/cpufreq.h"
#include "collectors/cpu/cpuinfo.h"
#include "collectors/fields.h"
#include "collectors/shared_file.h"

namespace joist::collectors {
namespace {

constexpr double kTicksPerSecond = 100;  // USER_HZ, the same on every architecture served
constexpr std::size_t kColumnsMin = 4;   // user, nice, system, idle
constexpr std::uint64_t kHotplugTicks = 300;
constexpr unsigned kCpusMax = 8192;  // CONFIG_NR_CPUS at its largest
constexpr std::size_t kIdle = static_cast<std::size_t>(CpuMode::Idle);
constexpr std::string_view kDirectory = "devices/system/cpu";

// Throttle counts beyond are opened for each page, so that no host, however many cores
// it has, makes this process run out of descriptors.
constexpr std::size_t kOpenMax = 256;

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

Made CpuCollector::make(const Roots& roots, const Settings& settings) {
  CpuOptions options{settings.is_on("collector.cpu.guest"), settings.is_on("collector.cpu.info"),
                     settings.pattern("collector.cpu.info.flags-include"),
                     settings.pattern("collector.cpu.info.bugs-include")};
  // Who asks for flags or bugs asks for the rest, as in node_exporter.
  options.info |= !options.flags.is_empty() || !options.bugs.is_empty();
  return std::make_unique<CpuCollector>(roots, std::move(options));
}

CpuCollector::CpuCollector(const Roots& roots, CpuOptions options)
    : proc_(roots.proc()),
      sys_(roots.sys()),
      options_(std::move(options)),
      directory_(roots.sys(), kDirectory, roots.devices),
      stat_(roots.shared_proc_file("stat")),
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
                MetricType::Gauge),
      online_("node_cpu_online", "CPUs that are online and being scheduled.", MetricType::Gauge),
      info_("node_cpu_info", "CPU information from /proc/cpuinfo.", MetricType::Gauge),
      flag_info_("node_cpu_flag_info",
                 "The `flags` field of CPU information from /proc/cpuinfo taken from the first "
                 "core.",
                 MetricType::Gauge),
      bug_info_("node_cpu_bug_info",
                "The `bugs` field of CPU information from /proc/cpuinfo taken from the first core.",
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
  const auto text = stat_->read();
  if (!text) return tl::unexpected<Error>(text.error());

  std::size_t count = 0;
  cpus_.restart();
  Lines lines(**text);
  for (std::string_view line; lines.next(line);) {
    if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
    const auto parsed = parse_cpu_line(line);
    Cpu* const cpu =
        parsed ? cpus_.next(parsed->number, [&] { return make_cpu(parsed->number); }) : nullptr;
    if (cpu == nullptr) {
      malformed_.report(stat_->path(), line);
      continue;
    }
    cpu->shown = keep_rising(cpu->shown, parsed->ticks);
    ++count;
  }
  cpus_.finish();
  const auto renewed = directory_.refresh();
  if (count != cpus_at_search_ || (renewed && *renewed)) {
    find_hardware();
    if (options_.info) find_info();
  }
  cpus_at_search_ = count;

  const auto show = [&](const Family& family, const std::vector<Labels>& all) {
    page.begin(family);
    for (const Labels& labels : all) page.sample(labels, 1U);
  };
  show(bug_info_, bug_labels_);
  show(flag_info_, flag_labels_);
  show_time(page);
  show(info_, info_labels_);
  show(isolated_, isolated_labels_);
  page.begin(online_);
  for (const Online& cpu : online_cpus_) page.sample(cpu.labels, cpu.online ? 1U : 0U);
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
  if (options_.guest) show(guest_seconds_, kShownGuest);
  show(seconds_, kShown);
}

void CpuCollector::find_hardware() {
  throttles_.clear();
  isolated_labels_.clear();
  online_cpus_.clear();

  const auto isolated = sys_.read_line(std::string(kDirectory) + "/isolated");
  const auto cpus = isolated ? parse_cpu_list(*isolated) : std::nullopt;
  if (isolated && !cpus) malformed_.report("/sys/devices/system/cpu/isolated", *isolated);
  for (const unsigned cpu : cpus.value_or(std::vector<unsigned>())) {
    isolated_labels_.push_back(Labels{{"cpu", std::to_string(cpu)}});
  }

  // The kernel lists in /proc/stat those that are on line. The first, which on most hosts
  // cannot be switched off, says for node_exporter whether there is anything to tell.
  const bool can_go = sys_.exists(std::string(kDirectory) + "/cpu0/online");
  for (const std::string& name : directory_.names()) {
    const std::string_view number = cpu_number(name);
    if (number.empty()) continue;
    const std::string directory = std::string(kDirectory) + "/" + name;
    if (can_go) {
      const bool online = std::ranges::any_of(cpus_, [&](auto& cpu) { return cpu->key == number; });
      online_cpus_.push_back({Labels{{"cpu", number}}, online});
    }
    const auto package = sys_.read_line(directory + "/topology/physical_package_id");
    const auto core = sys_.read_line(directory + "/topology/core_id");
    if (!package || !core || !parse_uint(*package) || !parse_uint(*core)) continue;
    add_throttle(directory, *package, *core);
    add_throttle(directory, *package, "");
  }
}

void CpuCollector::find_info() {
  info_labels_.clear();
  flag_labels_.clear();
  bug_labels_.clear();
  const auto text = proc_.read("cpuinfo");
  const auto cpus = parse_cpuinfo(text ? std::string_view(*text) : std::string_view());
  for (const CpuDescription& cpu : cpus) {
    info_labels_.push_back(Labels{{"cachesize", cpu.cache_size},
                                  {"core", cpu.core},
                                  {"cpu", cpu.number},
                                  {"family", cpu.family},
                                  {"microcode", cpu.microcode},
                                  {"model", cpu.model},
                                  {"model_name", cpu.model_name},
                                  {"package", cpu.package},
                                  {"stepping", cpu.stepping},
                                  {"vendor", cpu.vendor}});
  }
  if (cpus.empty()) return;
  const auto pick = [](std::vector<Labels>& all, std::string_view label, std::string_view words,
                       const NameFilter& wanted) {
    Fields fields(words);
    for (auto word = fields.next(); !word.empty(); word = fields.next()) {
      if (wanted.matches(word)) all.push_back(Labels{{label, word}});
    }
  };
  pick(flag_labels_, "flag", cpus[0].flags, options_.flags);
  pick(bug_labels_, "bug", cpus[0].bugs, options_.bugs);
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
  std::size_t open = 0;
  for (Throttle& throttle : throttles_) {
    const auto text = throttle.file.read();
    throttle.count = text ? parse_uint(Fields(*text).next()) : std::nullopt;
    if (++open > kOpenMax) throttle.file.close();
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
