// The agent's own metrics: joist_agent_*, joist_condition_status, joist_disk_class.
// What is counted where it happens lives in prometheus-cpp's registry; what is
// state already is turned into families when somebody asks. Together they are
// one text (format 0.0.4).
// Threads: the control thread.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/disk_watch.h"
#include "agent/pulse.h"
#include "agent/session.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/condition.pb.h"
#include "wire/http_server.h"

namespace joist::agent {

// What the agent is in at this moment. Pointers and references of one call.
struct OwnState {
  std::vector<v1::Condition> conditions;
  const std::vector<disk::ClassifiedDisk>* disks = nullptr;  // null: not observed
  v1::SessionStatus session;
  SessionCounters session_counters;
  DiskCounters disk_counters;
  std::vector<std::pair<std::string, wire::HttpCounters>> servers;  // by name
  const Pulse* pulse = nullptr;
  std::vector<std::pair<std::string, bool>> workers_stuck;  // by name
};

// Pure.
std::vector<prometheus::MetricFamily> state_families(const OwnState& state, SteadyTime now);

class OwnMetrics {
 public:
  OwnMetrics();

  void config_reloaded(bool successful, WallTime now);
  void scraped(bool collected, std::chrono::duration<double> took);
  void scrape_shared();
  void condition_changed(const std::string& type, v1::ConditionStatus status);

  std::string text(const OwnState& state, SteadyTime now) const;

 private:
  prometheus::Registry registry_;
  prometheus::Gauge& reload_successful_;
  prometheus::Gauge& reload_time_;
  prometheus::Family<prometheus::Counter>& scrapes_;
  prometheus::Counter& scrapes_shared_;
  prometheus::Gauge& scrape_seconds_;
  prometheus::Family<prometheus::Counter>& transitions_;
};

}  // namespace joist::agent
