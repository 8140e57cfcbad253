#include "agent/own_metrics.h"

#include <google/protobuf/util/time_util.h>

#include <array>

#include "agent/readiness.h"
#include "agent/session_status.h"
#include "base/printable.h"
#include "base/value_text.h"
#include "base/version.h"
#include "base/wall_time.h"
#include "disk/classify.h"

namespace joist::agent {
namespace {

using collectors::Exposition;
using collectors::Family;
using collectors::Labels;

using collectors::MetricType::Counter;
using collectors::MetricType::Gauge;
constexpr std::size_t kLabelMax = 256;

}  // namespace

struct OwnMetrics::Families {
  Family build_info{"joist_agent_build_info", "Which agent this is; the value is always 1.", Gauge};
  // What dashboards written for node_exporter choose their hosts by.
  Family exporter_build_info{"node_exporter_build_info",
                             "Which program serves node_exporter's metrics; the value is always 1.",
                             Gauge};
  Family reload_successful{"joist_agent_config_last_reload_successful",
                           "Whether the config file was good when it was last read.", Gauge};
  Family reload_time{"joist_agent_config_last_reload_success_timestamp_seconds",
                     "When the config in force was read, since 1970.", Gauge};
  Family scrapes{"joist_agent_scrapes_total",
                 "Collections for /metrics; `collected` is false where a collector hung.", Counter};
  Family scrapes_shared{"joist_agent_scrapes_shared_total",
                        "Requests that were given the page another one had asked for.", Counter};
  Family scrape_seconds{"joist_agent_scrape_duration_seconds",
                        "How long the previous collection took.", Gauge};
  Family transitions{"joist_condition_transitions_total", "Times the condition took this status.",
                     Counter};
  Family condition_status{"joist_condition_status",
                          "Whether the condition has this status: 1 for one status of each type.",
                          Gauge};
  Family disk_class{
      "joist_disk_class",
      "What the disk is to Joist; the value is always 1. `reason` is the most decisive one.",
      Gauge};
  Family disk_health{"joist_disk_health",
                     "How the disk is; the value is always 1. `reason` is the most decisive one.",
                     Gauge};
  Family disk_health_age{"joist_disk_health_age_seconds",
                         "How old what the disk said of its health is; it grows while it sleeps.",
                         Gauge};
  Family io_latency{"joist_disk_io_latency_seconds",
                    "Mean time of the disk's requests over the last ten minutes.", Gauge};
  Family io_outlier{"joist_disk_io_latency_outlier",
                    "Whether the disk is far slower than the host's equal disks.", Gauge};
  Family health_asked{"joist_agent_disk_health_reads_total", "Disks asked for their health.",
                      Counter};
  Family health_failures{"joist_agent_disk_health_read_failures_total",
                         "Disks that should have told their health and did not.", Counter};
  Family session_connected{"joist_agent_session_connected",
                           "Whether a session with the installer is open.", Gauge};
  Family session_attempts{"joist_agent_session_attempts_total",
                          "Attempts to open a session with the installer.", Counter};
  Family sessions{"joist_agent_sessions_total", "Sessions that were opened.", Counter};
  Family session_deltas{"joist_agent_session_deltas_total", "Changes sent to the installer.",
                        Counter};
  Family session_heartbeats{"joist_agent_session_heartbeats_total",
                            "Heartbeats sent to the installer.", Counter};
  Family full_reports{"joist_agent_session_full_reports_total",
                      "Times the installer asked for all of the report.", Counter};
  Family renewals{"joist_agent_certificate_renewals_total", "Certificates renewed.", Counter};
  Family renewal_failures{"joist_agent_certificate_renewal_failures_total",
                          "Attempts to renew the certificate that failed.", Counter};
  Family certificate_expiry{"joist_agent_certificate_expiry_timestamp_seconds",
                            "When the certificate of this node ends, since 1970.", Gauge};
  Family observations{"joist_agent_disk_observations_total", "Looks at the disks through sysfs.",
                      Counter};
  Family observation_failures{"joist_agent_disk_observation_failures_total",
                              "Looks at the disks that failed.", Counter};
  Family probes{"joist_agent_disk_probes_total", "Disks read by the helper.", Counter};
  Family probe_failures{"joist_agent_disk_probe_failures_total",
                        "Disks that the helper could not read, or was not there to read.", Counter};
  Family connections_open{"joist_agent_http_connections", "Open connections.", Gauge};
  Family connections{"joist_agent_http_connections_total", "Connections accepted.", Counter};
  Family rejected{"joist_agent_http_rejected_total",
                  "Connections refused because there were too many.", Counter};
  Family requests{"joist_agent_http_requests_total", "Requests answered.", Counter};
  Family bad_requests{"joist_agent_http_bad_requests_total",
                      "Requests that were malformed, too large or too slow.", Counter};
  Family progress_age{"joist_agent_loop_progress_age_seconds",
                      "Time since the loop last moved; the watchdog bites past its deadline.",
                      Gauge};
  Family worker_stuck{"joist_agent_worker_stuck",
                      "Whether the worker thread hangs in a job past its deadline.", Gauge};
};

namespace {

using Families = OwnMetrics::Families;

template <typename Number>
void show(Exposition& page, const Family& family, Number value) {
  page.begin(family);
  page.sample(value);
}

void show_conditions(Exposition& page, const Families& all,
                     const std::vector<v1::Condition>& conditions) {
  constexpr std::array kStatuses{v1::CONDITION_STATUS_TRUE, v1::CONDITION_STATUS_FALSE,
                                 v1::CONDITION_STATUS_UNKNOWN};
  page.begin(all.condition_status);
  for (const v1::Condition& condition : conditions) {
    for (const v1::ConditionStatus status : kStatuses) {
      const bool is = status_name(condition.status()) == status_name(status);
      page.sample(Labels{{"type", condition.type()}, {"status", status_name(status)}},
                  is ? 1U : 0U);
    }
  }
}

void show_disks(Exposition& page, const Families& all, const OwnState& state) {
  page.begin(all.disk_class);
  if (state.disks != nullptr) {
    for (const disk::ClassifiedDisk& disk : *state.disks) {
      const auto& reasons = disk.verdict.reasons;
      page.sample(Labels{{"device", printable(disk.disk.name, kLabelMax)},
                         {"id", printable(disk.disk.id, kLabelMax)},
                         {"class", disk::class_name(disk.verdict.disk_class)},
                         {"reason", reasons.empty() ? std::string() : reasons.front().code}},
                  1U);
    }
  }
  const DiskCounters& counters = state.disk_counters;
  show(page, all.observations, counters.observations);
  show(page, all.observation_failures, counters.observation_failures);
  show(page, all.probes, counters.probes);
  show(page, all.probe_failures, counters.probe_failures);
}

void show_health(Exposition& page, const Families& all, const OwnState& state) {
  page.begin(all.disk_health);
  for (const auto& [name, health] : state.health) {
    page.sample(
        Labels{{"device", printable(name, kLabelMax)},
               {"state", enum_word(*v1::DiskHealthState_descriptor(), health.state())},
               {"reason", health.reasons().empty() ? std::string() : health.reasons(0).code()}},
        1U);
  }
  page.begin(all.disk_health_age);
  for (const auto& [name, health] : state.health) {
    if (!health.has_age()) continue;
    page.sample(Labels{{"device", printable(name, kLabelMax)}},
                std::chrono::duration<double>(from_duration(health.age())).count());
  }
  show(page, all.health_asked, state.health_counters.asked);
  show(page, all.health_failures, state.health_counters.failures);
  if (state.latencies == nullptr) return;
  page.begin(all.io_latency);
  const auto mean = [&](const disk::IoLatency& one, std::string_view direction,
                        const std::optional<double>& seconds) {
    if (!seconds) return;
    page.sample(Labels{{"device", printable(one.name, kLabelMax)}, {"direction", direction}},
                *seconds);
  };
  for (const disk::IoLatency& one : *state.latencies) {
    mean(one, "read", one.read_seconds);
    mean(one, "write", one.write_seconds);
  }
  page.begin(all.io_outlier);
  for (const disk::IoLatency& one : *state.latencies) {
    if (!one.compared) continue;
    page.sample(Labels{{"device", printable(one.name, kLabelMax)}}, one.outlier.empty() ? 0U : 1U);
  }
}

void show_session(Exposition& page, const Families& all, const OwnState& state) {
  const SessionCounters& counters = state.session_counters;
  const bool connected = state.session.state() == v1::SESSION_STATE_CONNECTED;
  show(page, all.session_connected, connected ? 1U : 0U);
  show(page, all.session_attempts, counters.attempts);
  show(page, all.sessions, counters.sessions);
  show(page, all.session_deltas, counters.deltas);
  show(page, all.session_heartbeats, counters.heartbeats);
  show(page, all.full_reports, counters.full_reports_asked);
  show(page, all.renewals, counters.renewals);
  show(page, all.renewal_failures, counters.renewal_failures);
  if (!state.session.has_certificate_expire_time()) return;
  show(page, all.certificate_expiry,
       static_cast<double>(state.session.certificate_expire_time().seconds()));
}

void show_servers(Exposition& page, const Families& all, const OwnState& state) {
  const auto each = [&](const Family& family, auto counter) {
    page.begin(family);
    for (const auto& [name, counters] : state.servers) {
      page.sample(Labels{{"server", name}}, counters.*counter);
    }
  };
  each(all.connections_open, &wire::HttpCounters::open);
  each(all.connections, &wire::HttpCounters::connections);
  each(all.rejected, &wire::HttpCounters::rejected);
  each(all.requests, &wire::HttpCounters::requests);
  each(all.bad_requests, &wire::HttpCounters::bad_requests);
}

void show_progress(Exposition& page, const Families& all, const OwnState& state, SteadyTime now) {
  page.begin(all.progress_age);
  if (state.pulse != nullptr) {
    for (const Pulse::State& loop : state.pulse->loops()) {
      page.sample(Labels{{"loop", loop.name}},
                  std::chrono::duration<double>(now - loop.moved).count());
    }
  }
  page.begin(all.worker_stuck);
  for (const auto& [name, is_stuck] : state.workers_stuck) {
    page.sample(Labels{{"worker", name}}, is_stuck ? 1U : 0U);
  }
}

void show_scrapes(Exposition& page, const Families& all,
                  const metrics::ScrapeServer::Counters& counters) {
  page.begin(all.scrapes);
  page.sample(Labels{{"collected", "true"}}, counters.pages - counters.incomplete);
  page.sample(Labels{{"collected", "false"}}, counters.incomplete);
  show(page, all.scrapes_shared, counters.shared);
  show(page, all.scrape_seconds, counters.collect_seconds);
}

}  // namespace

OwnMetrics::OwnMetrics() : families_(std::make_unique<const Families>()) {}
OwnMetrics::~OwnMetrics() = default;

void OwnMetrics::config_reloaded(bool successful, WallTime now) {
  reload_successful_ = successful;
  if (!successful) return;
  reload_seconds_ = std::chrono::duration<double>(now.time_since_epoch()).count();
}

void OwnMetrics::condition_changed(const std::string& type, v1::ConditionStatus status) {
  ++transitions_[{type, std::string(status_name(status))}];
}

std::string_view OwnMetrics::text(const OwnState& state, SteadyTime now) {
  const Families& all = *families_;
  page_.clear();
  page_.begin(all.build_info);
  page_.sample(Labels{{"version", version()}}, 1U);
  page_.begin(all.exporter_build_info);
  page_.sample(Labels{{"goos", "linux"}, {"tags", "joist"}, {"version", version()}}, 1U);
  show(page_, all.reload_successful, reload_successful_ ? 1U : 0U);
  show(page_, all.reload_time, reload_seconds_);
  show_scrapes(page_, all, state.scrapes);
  page_.begin(all.transitions);
  for (const auto& [transition, times] : transitions_) {
    page_.sample(Labels{{"type", transition.first}, {"status", transition.second}}, times);
  }
  show_conditions(page_, all, state.conditions);
  show_disks(page_, all, state);
  show_health(page_, all, state);
  show_session(page_, all, state);
  show_servers(page_, all, state);
  show_progress(page_, all, state, now);
  return page_.text();
}

}  // namespace joist::agent
