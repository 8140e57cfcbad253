// The agent's own metrics: joist_agent_*, joist_condition_status, joist_disk_*.
// What is counted where it happens is counted here; what is state already is shown when
// somebody asks. Together they are one text (format 0.0.4).
// Threads: the control thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/disk_watch.h"
#include "agent/health_watch.h"
#include "agent/pulse.h"
#include "agent/session.h"
#include "collectors/exposition.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/condition.pb.h"
#include "metrics/scrape_server.h"
#include "wire/http_server.h"

namespace joist::agent {

// What the agent is in at this moment. Pointers and references of one call.
struct OwnState {
  std::vector<v1::Condition> conditions;
  const std::vector<disk::ClassifiedDisk>* disks = nullptr;  // null: not observed
  v1::SessionStatus session;
  SessionCounters session_counters;
  DiskCounters disk_counters;
  std::vector<std::pair<std::string, v1::DiskHealth>> health;  // of disks, by name
  const std::vector<disk::IoLatency>* latencies = nullptr;     // null: not observed
  HealthCounters health_counters;
  std::vector<std::pair<std::string, wire::HttpCounters>> servers;  // by name
  metrics::ScrapeServer::Counters scrapes;
  const Pulse* pulse = nullptr;
  std::vector<std::pair<std::string, bool>> workers_stuck;  // by name
};

class OwnMetrics {
 public:
  struct Families;

  OwnMetrics();
  ~OwnMetrics();
  OwnMetrics(const OwnMetrics&) = delete;
  OwnMetrics& operator=(const OwnMetrics&) = delete;

  void config_reloaded(bool successful, WallTime now);
  void condition_changed(const std::string& type, v1::ConditionStatus status);

  // Valid until the next call.
  std::string_view text(const OwnState& state, SteadyTime now);

 private:
  const std::unique_ptr<const Families> families_;
  collectors::Exposition page_;
  bool reload_successful_ = false;
  double reload_seconds_ = 0;
  std::map<std::pair<std::string, std::string>, std::uint64_t> transitions_;  // by type and status
};

}  // namespace joist::agent
