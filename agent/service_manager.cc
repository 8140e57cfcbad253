#include "agent/service_manager.h"

#include <systemd/sd-daemon.h>

#include <ctime>

namespace joist::agent {
namespace {

// A service manager that does not listen is nothing the agent could mend.
void tell(const std::string& state) { ::sd_notify(0, state.c_str()); }

}  // namespace

std::optional<std::chrono::microseconds> ServiceManager::watchdog_period() {
  std::uint64_t period_microseconds = 0;
  if (::sd_watchdog_enabled(0, &period_microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(period_microseconds);
}

void ServiceManager::ready() { tell("READY=1"); }

// systemd 253 tells a reload from an earlier one by the time (sd_notify(3)).
void ServiceManager::reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void ServiceManager::stopping() { tell("STOPPING=1\nSTATUS=Stopping"); }

void ServiceManager::alive() { tell("WATCHDOG=1"); }

void ServiceManager::status(const std::string& line) {
  if (line == status_) return;
  status_ = line;
  tell("STATUS=" + line);
}

}  // namespace joist::agent
