// The health of this host's disks, kept current.
//
//   DiskWatch's disks --> ask one (helper, smartctl) --> HealthCache -┐
//                     └-> /proc/diskstats, a minute --> LatencyWindow ┴> on_change
//
// Two loops on two workers: a disk that does not answer holds up the other's answers for no
// longer than a call's timeout, and the figures of the kernel not at all.
// Threads: the control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config.h"
#include "agent/health_cache.h"
#include "agent/helper_client.h"
#include "agent/latency_window.h"
#include "agent/pulse.h"
#include "agent/worker.h"
#include "base/clock.h"
#include "base/sys_root.h"
#include "disk/health_judge.h"
#include "wire/asio.h"

namespace joist::agent {

struct HealthCounters {
  std::uint64_t asked = 0;
  std::uint64_t failures = 0;  // of those, that brought trouble
};

class HealthWatch {
 public:
  // All must outlive it. `on_change` is called after every answer.
  HealthWatch(wire::asio::io_context& io, SysRoot root, HelperClient helper, const Config& config,
              const Clock& clock, Pulse& pulse, std::function<void()> on_change);
  ~HealthWatch();
  HealthWatch(const HealthWatch&) = delete;
  HealthWatch& operator=(const HealthWatch&) = delete;

  // Starts its tasks; they end with the io_context.
  void start();

  // The disks there are now.
  void observe(const std::vector<disk::Disk>& disks);

  // The spec changed.
  void reconsider();

  // Nothing was observed yet: nullopt.
  std::optional<v1::Condition> judge() const;

  // Of one disk; unset where it is not known, or nobody asks.
  std::optional<v1::DiskHealth> health(const std::string& disk_name) const;

  const std::vector<disk::HealthKnown>& known() const { return known_; }
  const std::vector<disk::IoLatency>& latencies() const { return window_.latencies(); }

  // Counts up whenever a report changed.
  std::uint64_t readings() const { return readings_; }

  const HealthCounters& counters() const { return counters_; }
  std::vector<const Worker*> workers() const { return {&asker_, &reader_}; }

 private:
  wire::Task<void> ask_forever();
  wire::Task<void> sample_forever();
  const v1::DiskHealthSpec& spec() const { return config_.spec().storage().health(); }

  SysRoot root_;
  HelperClient helper_;
  const Config& config_;
  const Clock& clock_;
  Pulse& pulse_;
  std::function<void()> on_change_;
  Worker asker_;
  Worker reader_;
  Pulse::Loop ask_loop_;
  Pulse::Loop sample_loop_;
  wire::asio::steady_timer ask_timer_;
  wire::asio::steady_timer sample_timer_;

  HealthCache cache_;
  LatencyWindow window_;
  std::vector<disk::Disk> disks_;
  std::vector<disk::HealthKnown> known_;  // as in cache_
  std::uint64_t readings_ = 0;
  bool observed_ = false;
  HealthCounters counters_;
  std::minstd_rand random_;
};

}  // namespace joist::agent
