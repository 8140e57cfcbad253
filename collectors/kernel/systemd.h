// The units of systemd: which run, which failed, how often they started again.
//
// Source: org.freedesktop.systemd1 on the system bus (org.freedesktop.systemd1(5)): one call
//         lists the units, and what is asked of each goes out together. A service's Type is
//         asked once until systemd loads its units anew.
// Emits:  node_systemd_unit_state{name,state,type}, node_systemd_units{state},
//         node_systemd_system_running, node_systemd_version{version},
//         node_systemd_virtualization_info{virtualization_type},
//         node_systemd_timer_last_trigger_seconds{name},
//         node_systemd_socket_current_connections{name}                        gauge
//         node_systemd_socket_{accepted,refused}_connections_total{name}       counter, gauge
//         with their switches: node_systemd_service_restart_total{name}        counter,
//         node_systemd_unit_tasks_{current,max}{name},
//         node_systemd_unit_start_time_seconds{name}                           gauge
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/kernel/system_bus.h"
#include "collectors/name_filter.h"

namespace joist::collectors {

// The number in systemd's Version: 252.39 of "252.39-1~deb12u1".
std::optional<double> systemd_version(std::string_view text);

// Over the whole name of a unit. Malformed if `pattern` is no RE2 expression.
Result<NameFilter> unit_filter(std::string_view what, std::string_view pattern);

struct SystemdOptions {
  NameFilter include;
  NameFilter exclude;
  bool restarts = false;
  bool start_times = false;
  bool tasks = false;
  std::chrono::milliseconds timeout{1000};
};

class SystemdCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  explicit SystemdCollector(SystemdOptions options);
  std::string_view name() const override { return "systemd"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Unit {
    std::string name;
    std::string active_state;
    std::string path;
    std::string type;
  };
  struct Families;
  // A figure of a unit that a property holds.
  struct Figure {
    const Family* family;
    std::size_t unit;
    double divisor;
  };

  Result<void> list_units();
  void plan_questions();
  void ask_of(std::size_t unit, const char* interface, const char* property, char type,
              const Family* family, double divisor = 1);
  void show_manager(Exposition& page) const;
  void show_states(Exposition& page) const;
  void show_figures(Exposition& page) const;

  const SystemdOptions options_;
  SystemBus bus_;
  std::vector<BusProperty> manager_;        // in the order of kManager
  std::map<std::string, double> by_state_;  // of all units, filtered or not
  std::vector<Unit> units_;
  std::vector<BusProperty> questions_;
  std::vector<Figure> figures_;  // one for each question; without a family: a type
  std::map<std::string, std::string> service_types_;
  std::uint64_t types_loaded_at_ = 0;

  const Family restarts_, accepted_, current_, refused_, running_, last_trigger_, start_time_,
      state_, tasks_current_, tasks_max_, units_by_state_, version_, virtualization_;
};

}  // namespace joist::collectors
