// Who is logged in.
//
// Source: org.freedesktop.login1 on the system bus (org.freedesktop.login1(5)).
// Emits:  node_logind_sessions{class,remote,seat,type}  gauge, for each combination of the
//         known classes and types and the seats there are, the empty one included; what
//         is not known counts as "other"
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/kernel/system_bus.h"

namespace joist::collectors {

class LogindCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  explicit LogindCollector(std::chrono::milliseconds timeout);
  std::string_view name() const override { return "logind"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Session {
    std::string seat;
    std::string path;
  };

  Result<void> list();
  double count(std::string_view remote, std::string_view type, std::string_view session_class,
               std::string_view seat) const;

  const std::chrono::milliseconds timeout_;
  SystemBus bus_;
  std::vector<std::string> seats_;
  std::vector<Session> sessions_;
  std::vector<BusProperty> properties_;  // three for each session
  const Family sessions_family_;
};

}  // namespace joist::collectors
