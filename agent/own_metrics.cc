#include "agent/own_metrics.h"

#include <prometheus/text_serializer.h>

#include <google/protobuf/util/time_util.h>

#include <array>

#include "agent/readiness.h"
#include "agent/session_status.h"
#include "base/printable.h"
#include "base/version.h"
#include "disk/classify.h"

namespace joist::agent {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::size_t kLabelMax = 256;

template <typename Number>
void add(MetricFamily& family, Labels labels, Number value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (family.type == MetricType::Counter) {
    metric.counter.value = static_cast<double>(value);
  } else {
    metric.gauge.value = static_cast<double>(value);
  }
  family.metric.push_back(std::move(metric));
}

template <typename Number>
MetricFamily single(std::string name, std::string help, MetricType type, Number value) {
  MetricFamily family{std::move(name), std::move(help), type, {}};
  add(family, {}, value);
  return family;
}

MetricFamily condition_families(const std::vector<v1::Condition>& conditions) {
  constexpr std::array kStatuses{v1::CONDITION_STATUS_TRUE, v1::CONDITION_STATUS_FALSE,
                                 v1::CONDITION_STATUS_UNKNOWN};
  MetricFamily family{"joist_condition_status",
                      "Whether the condition has this status: 1 for one status of each type.",
                      MetricType::Gauge,
                      {}};
  for (const v1::Condition& condition : conditions) {
    for (const v1::ConditionStatus status : kStatuses) {
      add(family, {{"type", condition.type()}, {"status", std::string(status_name(status))}},
          status_name(condition.status()) == status_name(status) ? 1 : 0);
    }
  }
  return family;
}

MetricFamily disk_family(const std::vector<disk::ClassifiedDisk>& disks) {
  MetricFamily family{"joist_disk_class",
                      "What the disk is to Joist; the value is always 1. `reason` is the most "
                      "decisive one.",
                      MetricType::Gauge,
                      {}};
  for (const disk::ClassifiedDisk& disk : disks) {
    const auto& reasons = disk.verdict.reasons;
    add(family,
        {{"device", printable(disk.disk.name, kLabelMax)},
         {"id", printable(disk.disk.id, kLabelMax)},
         {"class", std::string(disk::class_name(disk.verdict.disk_class))},
         {"reason", reasons.empty() ? std::string() : reasons.front().code}},
        1);
  }
  return family;
}

void add_session(std::vector<MetricFamily>& all, const OwnState& state) {
  const SessionCounters& counters = state.session_counters;
  const bool connected = state.session.state() == v1::SESSION_STATE_CONNECTED;
  all.push_back(single("joist_agent_session_connected",
                       "Whether a session with the installer is open.", MetricType::Gauge,
                       connected ? 1 : 0));
  all.push_back(single("joist_agent_session_attempts_total",
                       "Attempts to open a session with the installer.", MetricType::Counter,
                       counters.attempts));
  all.push_back(single("joist_agent_sessions_total", "Sessions that were opened.",
                       MetricType::Counter, counters.sessions));
  all.push_back(single("joist_agent_session_deltas_total", "Changes sent to the installer.",
                       MetricType::Counter, counters.deltas));
  all.push_back(single("joist_agent_session_heartbeats_total", "Heartbeats sent to the installer.",
                       MetricType::Counter, counters.heartbeats));
  all.push_back(single("joist_agent_session_full_reports_total",
                       "Times the installer asked for all of the report.", MetricType::Counter,
                       counters.full_reports_asked));
  all.push_back(single("joist_agent_certificate_renewals_total", "Certificates renewed.",
                       MetricType::Counter, counters.renewals));
  all.push_back(single("joist_agent_certificate_renewal_failures_total",
                       "Attempts to renew the certificate that failed.", MetricType::Counter,
                       counters.renewal_failures));
  if (!state.session.has_certificate_expire_time()) return;
  all.push_back(single("joist_agent_certificate_expiry_timestamp_seconds",
                       "When the certificate of this node ends, since 1970.", MetricType::Gauge,
                       state.session.certificate_expire_time().seconds()));
}

void add_disks(std::vector<MetricFamily>& all, const OwnState& state) {
  const DiskCounters& counters = state.disk_counters;
  if (state.disks != nullptr) all.push_back(disk_family(*state.disks));
  all.push_back(single("joist_agent_disk_observations_total", "Looks at the disks through sysfs.",
                       MetricType::Counter, counters.observations));
  all.push_back(single("joist_agent_disk_observation_failures_total",
                       "Looks at the disks that failed.", MetricType::Counter,
                       counters.observation_failures));
  all.push_back(single("joist_agent_disk_probes_total", "Disks read by the helper.",
                       MetricType::Counter, counters.probes));
  all.push_back(single("joist_agent_disk_probe_failures_total",
                       "Disks that the helper could not read, or was not there to read.",
                       MetricType::Counter, counters.probe_failures));
}

void add_servers(std::vector<MetricFamily>& all, const OwnState& state) {
  MetricFamily open{"joist_agent_http_connections", "Open connections.", MetricType::Gauge, {}};
  MetricFamily accepted{
      "joist_agent_http_connections_total", "Connections accepted.", MetricType::Counter, {}};
  MetricFamily rejected{"joist_agent_http_rejected_total",
                        "Connections refused because there were too many.",
                        MetricType::Counter,
                        {}};
  MetricFamily requests{
      "joist_agent_http_requests_total", "Requests answered.", MetricType::Counter, {}};
  MetricFamily bad{"joist_agent_http_bad_requests_total",
                   "Requests that were malformed, too large or too slow.",
                   MetricType::Counter,
                   {}};
  for (const auto& [name, counters] : state.servers) {
    add(open, {{"server", name}}, counters.open);
    add(accepted, {{"server", name}}, counters.connections);
    add(rejected, {{"server", name}}, counters.rejected);
    add(requests, {{"server", name}}, counters.requests);
    add(bad, {{"server", name}}, counters.bad_requests);
  }
  for (MetricFamily* family : {&open, &accepted, &rejected, &requests, &bad}) {
    all.push_back(std::move(*family));
  }
}

void add_progress(std::vector<MetricFamily>& all, const OwnState& state, SteadyTime now) {
  MetricFamily age{"joist_agent_loop_progress_age_seconds",
                   "Time since the loop last moved; the watchdog bites past its deadline.",
                   MetricType::Gauge,
                   {}};
  if (state.pulse != nullptr) {
    for (const Pulse::State& loop : state.pulse->loops()) {
      add(age, {{"loop", loop.name}}, std::chrono::duration<double>(now - loop.moved).count());
    }
  }
  MetricFamily stuck{"joist_agent_worker_stuck",
                     "Whether the worker thread hangs in a job past its deadline.",
                     MetricType::Gauge,
                     {}};
  for (const auto& [name, is_stuck] : state.workers_stuck) {
    add(stuck, {{"worker", name}}, is_stuck ? 1 : 0);
  }
  all.push_back(std::move(age));
  all.push_back(std::move(stuck));
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const std::string& name,
                         const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

std::vector<MetricFamily> state_families(const OwnState& state, SteadyTime now) {
  std::vector<MetricFamily> all;
  all.push_back(condition_families(state.conditions));
  add_disks(all, state);
  add_session(all, state);
  add_servers(all, state);
  add_progress(all, state, now);
  return all;
}

OwnMetrics::OwnMetrics()
    : reload_successful_(gauge(registry_, "joist_agent_config_last_reload_successful",
                               "Whether the config file was good when it was last read.")),
      reload_time_(gauge(registry_, "joist_agent_config_last_reload_success_timestamp_seconds",
                         "When the config in force was read, since 1970.")),
      scrapes_(prometheus::BuildCounter()
                   .Name("joist_agent_scrapes_total")
                   .Help("Collections for /metrics; `collected` is false where the collectors "
                         "did not answer in time.")
                   .Register(registry_)),
      scrapes_shared_(prometheus::BuildCounter()
                          .Name("joist_agent_scrapes_shared_total")
                          .Help("Requests that were given the page another one had asked for.")
                          .Register(registry_)
                          .Add({})),
      scrape_seconds_(gauge(registry_, "joist_agent_scrape_duration_seconds",
                            "How long the previous collection took.")),
      transitions_(prometheus::BuildCounter()
                       .Name("joist_condition_transitions_total")
                       .Help("Times the condition took this status.")
                       .Register(registry_)) {
  prometheus::BuildGauge()
      .Name("joist_agent_build_info")
      .Help("Which agent this is; the value is always 1.")
      .Register(registry_)
      .Add({{"version", std::string(version())}})
      .Set(1);
}

void OwnMetrics::config_reloaded(bool successful, WallTime now) {
  reload_successful_.Set(successful ? 1 : 0);
  if (!successful) return;
  reload_time_.Set(std::chrono::duration<double>(now.time_since_epoch()).count());
}

void OwnMetrics::scraped(bool collected, std::chrono::duration<double> took) {
  scrapes_.Add({{"collected", collected ? "true" : "false"}}).Increment();
  scrape_seconds_.Set(took.count());
}

void OwnMetrics::scrape_shared() { scrapes_shared_.Increment(); }

void OwnMetrics::condition_changed(const std::string& type, v1::ConditionStatus status) {
  transitions_.Add({{"type", type}, {"status", std::string(status_name(status))}}).Increment();
}

std::string OwnMetrics::text(const OwnState& state, SteadyTime now) const {
  auto families = registry_.Collect();
  for (MetricFamily& family : state_families(state, now)) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace joist::agent
