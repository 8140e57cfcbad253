// The agent: its parts, built in order and connected. What each part does is in
// its own file; here is who tells whom.
//
//   config ─┐            ┌─> readiness ─┬─> report ─> session ─> installer
//   facts ──┼─ judge() ──┘              ├─> /metrics /readyz, agent.sock
//   disks ──┤   every 5 s               └─> STATUS= of the unit
//   health ─┘
//
// Threads: one at a time runs the io_context and collects the metrics (wire/loop.h); other blocking
// work is on Workers.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/disk_watch.h"
#include "agent/health_watch.h"
#include "agent/identity.h"
#include "agent/local_api.h"
#include "agent/own_metrics.h"
#include "agent/pulse.h"
#include "agent/readiness.h"
#include "agent/report_feed.h"
#include "agent/report_items.h"
#include "agent/session.h"
#include "agent/smart_page.h"
#include "agent/web.h"
#include "agent/worker.h"
#include "base/clock.h"
#include "base/service_manager.h"
#include "base/sys_root.h"
#include "base/unique_fd.h"
#include "host/facts.h"
#include "metrics/scrape_server.h"
#include "network/links.h"
#include "wire/asio.h"
#include "wire/loop.h"

namespace joist::agent {

struct Places {
  std::string config = "/etc/joist/agent.yaml";
  std::string state_dir = "/var/lib/joist";
  std::string run_dir = "/run/joist";
  std::string helper_socket;  // empty: helper.sock in run_dir
};

class Agent {
 public:
  // `facts`: of this host; they hold the boot's id, which nothing works without.
  Agent(const Places& places, host::Facts facts, const std::string& epoch);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Config, state and listening sockets. What fails here ends the program.
  Result<void> start();

  // Until SIGTERM or SIGINT, or what a handler throws. The process must end in `after` without
  // destroying this: coroutines that are still suspended, and threads that hang in the kernel,
  // refer to it.
  void run(wire::Loop::After after);

 private:
  wire::Task<void> watch_signals();
  wire::Task<void> judge_forever();
  wire::Task<void> observe_host_forever();
  wire::Task<void> feed_watchdog(std::chrono::microseconds period);
  wire::Task<Result<v1::JoinResponse>> join(v1::JoinRequest request);

  void stop();
  void reload();
  void mend_socket();
  Result<void> take_state();
  Result<void> apply(const v1::NodeSpec& spec);
  bool judge();
  bool judge_session_now();
  bool judge_disks();
  bool judge_health();
  void publish();
  void tell_transitions();
  void session_changed();
  void disks_changed();
  void health_changed();
  std::vector<v1::DiskDoubt> doubts(const disk::InventoryTaken& taken) const;
  v1::Disk show(const disk::ClassifiedDisk& disk) const;

  v1::Status status() const;
  v1::ListDisksResponse list_disks() const;
  Result<v1::PlanDisksResponse> plan_disks(const v1::PlanDisksRequest& request) const;
  v1::Host host() const;
  std::vector<std::string> metrics_urls() const;
  std::vector<const Worker*> workers() const;
  std::vector<Stuck> stuck_workers() const;
  std::string status_line() const;
  std::string_view own_metrics_text();
  void append_own(std::string& page);

  const Places places_;
  SystemClock clock_;
  const Moment started_;
  host::Facts facts_;
  std::vector<network::Link> links_;

  wire::asio::io_context io_{1};
  wire::Loop loop_{io_};
  wire::asio::signal_set signals_;  // taken before anybody is told READY
  ServiceManager service_manager_;
  Pulse pulse_;
  Config config_;
  UniqueFd state_lock_;
  IdentityStore identity_store_;
  Readiness readiness_;
  ReportItems report_items_;
  ReportFeed feed_;
  OwnMetrics own_metrics_;
  SmartPage smart_page_;
  metrics::ScrapeServer scrape_server_;
  std::optional<collectors::Options> shown_;  // by it
  Web web_;
  LocalApi local_api_;
  Session session_;
  DiskWatch disk_watch_;
  HealthWatch health_watch_;
  Worker host_worker_;
  wire::asio::steady_timer judge_timer_;

  std::vector<v1::Condition> told_;  // as last published
  std::string left_out_;             // of the report
  std::string socket_error_;         // why the local socket is gone; told once
  SteadyTime session_judged_{};
};

}  // namespace joist::agent
