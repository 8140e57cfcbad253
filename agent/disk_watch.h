// The inventory of this host's disks, kept current.
//
//   udev, mounts, swaps, a minute --> observe (sysfs) --> classify --> on_change
//                                  └> probe (helper) ──────┘
//
// Observing and probing are two loops on two workers: a disk that does not
// answer holds up neither the list of disks nor, for longer than a call's
// timeout, the probes of others.
// Threads: the control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/config.h"
#include "agent/helper_client.h"
#include "agent/probe_cache.h"
#include "agent/pulse.h"
#include "agent/seen_disks.h"
#include "agent/worker.h"
#include "base/clock.h"
#include "base/sys_root.h"
#include "disk/change_watch.h"
#include "disk/judge.h"
#include "wire/asio.h"

namespace joist::agent {

struct DiskCounters {
  std::uint64_t observations = 0;
  std::uint64_t observation_failures = 0;
  std::uint64_t probes = 0;
  std::uint64_t probe_failures = 0;
};

class DiskWatch {
 public:
  // All must outlive it. `seen`: the record of agent/seen_disks.h. `on_change` is called after
  // every look, whether or not something changed.
  DiskWatch(wire::asio::io_context& io, SysRoot root, std::string seen, HelperClient helper,
            const Config& config, const Clock& clock, Pulse& pulse,
            std::function<void()> on_change);
  ~DiskWatch();
  DiskWatch(const DiskWatch&) = delete;
  DiskWatch& operator=(const DiskWatch&) = delete;

  // Starts its tasks; they end with the io_context.
  void start();

  // The spec changed: look again.
  void reconsider();

  // The last look, if there was one, and the last one that succeeded.
  const std::optional<disk::Look>& look() const { return look_; }
  const std::optional<disk::InventoryTaken>& last_good() const { return last_good_; }

  const DiskCounters& counters() const { return counters_; }
  std::vector<const Worker*> workers() const { return {&observer_, &prober_}; }

 private:
  wire::Task<void> observe_forever();
  wire::Task<void> probe_forever();
  // A source of "look again". Without one a change shows with the next look.
  struct Ear {
    bool listens = false;
    std::string error;  // why it does not; empty before the first attempt
  };

  wire::Task<void> hear_forever(Ear& ear, std::function<wire::Task<Error>()> hear);
  wire::Task<Error> hear_udev(Ear& ear);
  wire::Task<Error> hear_proc(Ear& ear, const char* path);
  void hear(const disk::BlockChanges& changes);
  void now_listens(Ear& ear);
  std::string why_late() const;
  wire::Task<void> settle_down();
  void look_again();
  void take_seen(SeenNow seen);
  void publish();

  SysRoot root_;
  const std::string seen_path_;
  HelperClient helper_;
  const Config& config_;
  const Clock& clock_;
  Pulse& pulse_;
  std::function<void()> on_change_;
  Worker observer_;
  Worker prober_;
  Pulse::Loop observe_loop_;
  Pulse::Loop probe_loop_;
  wire::asio::steady_timer observe_timer_;
  wire::asio::steady_timer probe_timer_;

  ProbeCache cache_;
  std::optional<disk::Inventory> inventory_;
  SeenNow seen_;  // of the same look
  std::optional<disk::Look> look_;
  std::optional<disk::InventoryTaken> last_good_;
  DiskCounters counters_;
  Ear udev_;
  Ear mounts_;
  Ear swaps_;
  bool changed_ = false;
  bool disturbed_ = false;
};

}  // namespace joist::agent
