#include "collectors/kernel/systemd.h"

#include <systemd/sd-bus.h>

#include <limits>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr const char* kService = "org.freedesktop.systemd1";
constexpr const char* kPath = "/org/freedesktop/systemd1";
constexpr const char* kManagerInterface = "org.freedesktop.systemd1.Manager";
constexpr const char* kServiceInterface = "org.freedesktop.systemd1.Service";

constexpr std::string_view kStates[] = {"active", "activating", "deactivating", "inactive",
                                        "failed"};
constexpr double kMicrosecondsPerSecond = 1e6;
constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();  // of tasks

// The manager's properties.
enum Asked : std::size_t { Version, Virtualization, SystemState, UnitsLoaded };

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Family family(std::string_view name, std::string_view help, MetricType type = MetricType::Gauge) {
  return {"node_systemd_" + std::string(name), help, type};
}

}  // namespace

std::optional<double> systemd_version(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end - at < 3) {
      at = end + 1;
      continue;
    }
    if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
      ++end;
      while (end < text.size() && is_digit(text[end])) ++end;
    }
    return parse_number<double>(text.substr(at, end - at));
  }
  return std::nullopt;
}

Result<NameFilter> unit_filter(std::string_view what, std::string_view pattern) {
  return NameFilter::make(what, "^(?:" + std::string(pattern) + ")$");
}

Made SystemdCollector::make(const Roots&, const Settings& settings) {
  const auto filter = [&](std::string_view flag) { return unit_filter(flag, settings.text(flag)); };
  auto include = filter("collector.systemd.unit-include");
  if (!include) return tl::unexpected<Error>(include.error());
  auto exclude = filter("collector.systemd.unit-exclude");
  if (!exclude) return tl::unexpected<Error>(exclude.error());
  SystemdOptions options{std::move(*include),
                         std::move(*exclude),
                         settings.is_on("collector.systemd.enable-restarts-metrics"),
                         settings.is_on("collector.systemd.enable-start-time-metrics"),
                         settings.is_on("collector.systemd.enable-task-metrics"),
                         settings.duration("collector.systemd.timeout")};
  return std::make_unique<SystemdCollector>(std::move(options));
}

SystemdCollector::SystemdCollector(SystemdOptions options)
    : options_(std::move(options)),
      bus_(kService),
      manager_{{kPath, kManagerInterface, "Version", 's'},
               {kPath, kManagerInterface, "Virtualization", 's'},
               {kPath, kManagerInterface, "SystemState", 's'},
               {kPath, kManagerInterface, "UnitsLoadTimestampMonotonic", 't'}},
      restarts_(family("service_restart_total", "Service unit count of Restart triggers",
                       MetricType::Counter)),
      accepted_(family("socket_accepted_connections_total",
                       "Total number of accepted socket connections", MetricType::Counter)),
      current_(family("socket_current_connections", "Current number of socket connections")),
      // A gauge, as node_exporter has it.
      refused_(
          family("socket_refused_connections_total", "Total number of refused socket connections")),
      running_(family("system_running",
                      "Whether the system is operational (see 'systemctl is-system-running')")),
      last_trigger_(family("timer_last_trigger_seconds", "Seconds since epoch of last trigger.")),
      start_time_(
          family("unit_start_time_seconds", "Start time of the unit since unix epoch in seconds.")),
      state_(family("unit_state", "Systemd unit")),
      tasks_current_(family("unit_tasks_current", "Current number of tasks per Systemd unit")),
      tasks_max_(family("unit_tasks_max", "Maximum number of tasks per Systemd unit")),
      units_by_state_(family("units", "Summary of systemd unit states")),
      version_(family("version", "Detected systemd version")),
      virtualization_(family("virtualization_info", "Detected virtualization technology")) {}

Result<void> SystemdCollector::list_units() {
  by_state_.clear();
  units_.clear();
  for (const std::string_view state : kStates) by_state_.emplace(state, 0);

  // name, description, load state, active state, substate, followed unit, path, job, its
  // type, its path
  return bus_.call(kPath, kManagerInterface, "ListUnits", [&](sd_bus_message* reply) {
    int more = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
    while (more >= 0) {
      const char *name, *load, *active, *path, *ignored;
      std::uint32_t job;
      more = sd_bus_message_read(reply, "(ssssssouso)", &name, &ignored, &load, &active, &ignored,
                                 &ignored, &path, &job, &ignored, &ignored);
      if (more <= 0) break;
      ++by_state_[active];
      const bool shown = std::string_view(load) == "loaded" && options_.include.matches(name) &&
                         !options_.exclude.matches(name);
      if (shown) units_.push_back({name, active, path, {}});
    }
    return more;
  });
}

void SystemdCollector::ask_of(std::size_t unit, const char* interface, const char* property,
                              char type, const Family* family, double divisor) {
  questions_.push_back({units_[unit].path, interface, property, type});
  figures_.push_back({family, unit, divisor});
}

void SystemdCollector::plan_questions() {
  questions_.clear();
  figures_.clear();
  const BusProperty& loaded = manager_[UnitsLoaded];
  if (!loaded.answered || loaded.number != types_loaded_at_) service_types_.clear();
  types_loaded_at_ = loaded.number;
  std::map<std::string, std::string> known;  // of the units there are
  known.swap(service_types_);

  for (std::size_t i = 0; i < units_.size(); ++i) {
    Unit& unit = units_[i];
    if (unit.name.ends_with(".service")) {
      if (auto type = known.find(unit.name); type != known.end()) {
        unit.type = type->second;
        service_types_.insert(known.extract(type));
      } else {
        ask_of(i, kServiceInterface, "Type", 's', nullptr);
      }
      if (options_.restarts) ask_of(i, kServiceInterface, "NRestarts", 'u', &restarts_);
      if (options_.tasks) {
        ask_of(i, kServiceInterface, "TasksCurrent", 't', &tasks_current_);
        ask_of(i, kServiceInterface, "TasksMax", 't', &tasks_max_);
      }
    } else if (unit.name.ends_with(".mount")) {
      ask_of(i, "org.freedesktop.systemd1.Mount", "Type", 's', nullptr);
    } else if (unit.name.ends_with(".timer")) {
      ask_of(i, "org.freedesktop.systemd1.Timer", "LastTriggerUSec", 't', &last_trigger_,
             kMicrosecondsPerSecond);
    } else if (unit.name.ends_with(".socket")) {
      constexpr const char* kSocket = "org.freedesktop.systemd1.Socket";
      ask_of(i, kSocket, "NAccepted", 'u', &accepted_);
      ask_of(i, kSocket, "NConnections", 'u', &current_);
      ask_of(i, kSocket, "NRefused", 'u', &refused_);
    }
    if (options_.start_times && unit.active_state == "active") {
      ask_of(i, "org.freedesktop.systemd1.Unit", "ActiveEnterTimestamp", 't', &start_time_,
             kMicrosecondsPerSecond);
    }
  }
}

Result<void> SystemdCollector::collect(Exposition& page) {
  if (auto begun = bus_.begin(options_.timeout); !begun) return begun;
  if (auto asked = bus_.ask(manager_); !asked) return asked;
  if (auto listed = list_units(); !listed) return listed;
  plan_questions();
  if (auto asked = bus_.ask(questions_); !asked) return asked;

  for (std::size_t i = 0; i < questions_.size(); ++i) {
    if (figures_[i].family != nullptr || !questions_[i].answered) continue;
    Unit& unit = units_[figures_[i].unit];
    unit.type = questions_[i].text;
    if (unit.name.ends_with(".service")) service_types_.emplace(unit.name, unit.type);
  }
  show_manager(page);
  show_states(page);
  show_figures(page);
  return {};
}

void SystemdCollector::show_manager(Exposition& page) const {
  const BusProperty& state = manager_[SystemState];
  page.begin(running_);
  if (state.answered) page.sample(state.text == "running" ? 1U : 0U);

  const auto number = systemd_version(manager_[Version].text);
  const bool known = manager_[Version].answered && number;
  page.begin(version_);
  page.sample(Labels{{"version", known ? std::string_view(manager_[Version].text) : ""}},
              known ? *number : 0.0);

  const BusProperty& virtualization = manager_[Virtualization];
  const std::string_view type = !virtualization.answered      ? std::string_view("unknown")
                                : virtualization.text.empty() ? std::string_view("none")
                                                              : virtualization.text;
  page.begin(virtualization_);
  page.sample(Labels{{"virtualization_type", type}}, 1U);

  page.begin(units_by_state_);
  for (const auto& [unit_state, count] : by_state_) {
    page.sample(Labels{{"state", unit_state}}, count);
  }
}

void SystemdCollector::show_states(Exposition& page) const {
  page.begin(state_);
  for (const Unit& unit : units_) {
    for (const std::string_view state : kStates) {
      page.sample(Labels{{"name", unit.name}, {"state", state}, {"type", unit.type}},
                  unit.active_state == state ? 1U : 0U);
    }
  }
}

void SystemdCollector::show_figures(Exposition& page) const {
  for (const Family* shown : {&restarts_, &accepted_, &current_, &refused_, &last_trigger_,
                              &start_time_, &tasks_current_, &tasks_max_}) {
    page.begin(*shown);
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      if (figures_[i].family != shown || !questions_[i].answered) continue;
      if (questions_[i].type == 't' && questions_[i].number == kUnknown) continue;
      page.sample(Labels{{"name", units_[figures_[i].unit].name}},
                  static_cast<double>(questions_[i].number) / figures_[i].divisor);
    }
    if (shown != &start_time_ || !options_.start_times) continue;
    for (const Unit& unit : units_) {  // what does not run never started
      if (unit.active_state != "active") page.sample(Labels{{"name", unit.name}}, 0U);
    }
  }
}

}  // namespace joist::collectors
