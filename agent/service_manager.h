// What systemd is told of the agent: sd_notify(3). Without NOTIFY_SOCKET every
// call does nothing. Threads: the control thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace joist::agent {

class ServiceManager {
 public:
  // The watchdog's period (WATCHDOG_USEC), if this process is watched.
  static std::optional<std::chrono::microseconds> watchdog_period();

  void ready();
  void reloading();  // to be followed by ready()
  void stopping();
  void alive();  // WATCHDOG=1

  // One line for `systemctl status`; sent when it is new.
  void status(const std::string& line);

 private:
  std::string status_;
};

}  // namespace joist::agent
