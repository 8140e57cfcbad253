#include "installer/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/version.h"

namespace joist::installer {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

using Count = prometheus::Family<Counter>;
using Level = prometheus::Family<Gauge>;

// From one page in the log to a slow disk's sync.
const Histogram::BucketBoundaries kWriteBuckets{0.0001, 0.0005, 0.001, 0.005, 0.01,
                                                0.05,   0.1,    0.5,   1,     5};

Count& counter(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return BuildCounter().Name("joist_installer_" + name).Help(help).Register(registry);
}

Level& gauge(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return BuildGauge().Name("joist_installer_" + name).Help(help).Register(registry);
}

// A counter kept elsewhere, as the exposition has it.
prometheus::MetricFamily outside_counter(const std::string& name, const std::string& help,
                                         std::uint64_t value) {
  prometheus::MetricFamily family;
  family.name = "joist_installer_" + name;
  family.help = help;
  family.type = prometheus::MetricType::Counter;
  prometheus::ClientMetric metric;
  metric.counter.value = static_cast<double>(value);
  family.metric.push_back(metric);
  return family;
}

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  Count& enrolments = counter(registry, "enrolments_total", "Calls of Enroll, by result.");
  Count& renewals = counter(registry, "renewals_total", "Calls of Renew, by result.");
  Count& refused =
      counter(registry, "sessions_refused_total", "Sessions refused before they began, by reason.");
  Counter& started = counter(registry, "sessions_started_total", "Sessions that began.").Add({});
  Count& ended = counter(registry, "sessions_ended_total", "Sessions that ended, by reason.");
  Count& frames = counter(registry, "frames_total", "Frames of all sessions, by direction.");
  Counter& received = frames.Add({{"direction", "received"}});
  Counter& sent = frames.Add({{"direction", "sent"}});
  Counter& reports =
      counter(registry, "reports_stored_total", "Reports stored, one for each delta.").Add({});
  prometheus::Family<Histogram>& writes =
      BuildHistogram()
          .Name("joist_installer_store_write_seconds")
          .Help("How long writes to the store took, by what was written.")
          .Register(registry);
  Count& write_failures =
      counter(registry, "store_write_failures_total",
              "Writes that the store could not make, by what was to be written.");
  Gauge& store_healthy =
      gauge(registry, "store_healthy",
            "Whether the store takes what is written to it; 0: no node can join.")
          .Add({});
  Level& nodes = gauge(registry, "nodes", "Nodes known, by state.");
  Gauge& connected = nodes.Add({{"state", "connected"}});
  Gauge& disconnected = nodes.Add({{"state", "disconnected"}});
  Gauge& retired = nodes.Add({{"state", "retired"}});
  Gauge& open_tokens =
      gauge(registry, "open_tokens", "Join tokens that can still be used.").Add({});
  Gauge& open_connections =
      gauge(registry, "connections", "Connections of agents open now.").Add({});
  Level& expire = gauge(registry, "certificate_expire_time_seconds",
                        "When the installer's own certificates expire, since 1970-01-01 UTC.");
  Gauge& authority_expire = expire.Add({{"certificate", "authority"}});
  Gauge& server_expire = expire.Add({{"certificate", "server"}});
  Gauge& config_good = gauge(registry, "config_last_reload_successful",
                             "Whether the last load of the config was taken; 0: the one before it "
                             "is still in force.")
                           .Add({});
  Gauge& build = gauge(registry, "build_info", "1, with the version as a label.")
                     .Add({{"version", std::string(version())}});
};

Metrics::Metrics() : families_(std::make_unique<Families>()) { families_->build.Set(1); }

Metrics::~Metrics() = default;

void Metrics::enrolment(std::string_view result) {
  families_->enrolments.Add({{"result", std::string(result)}}).Increment();
}
void Metrics::renewal(std::string_view result) {
  families_->renewals.Add({{"result", std::string(result)}}).Increment();
}
void Metrics::session_refused(std::string_view reason) {
  families_->refused.Add({{"reason", std::string(reason)}}).Increment();
}
void Metrics::session_started() { families_->started.Increment(); }
void Metrics::session_ended(std::string_view reason) {
  families_->ended.Add({{"reason", std::string(reason)}}).Increment();
}
void Metrics::frames_received(std::size_t count) {
  families_->received.Increment(static_cast<double>(count));
}
void Metrics::frames_sent(std::size_t count) {
  families_->sent.Increment(static_cast<double>(count));
}
void Metrics::report_stored() { families_->reports.Increment(); }
void Metrics::store_write(std::string_view what, double seconds) {
  families_->writes.Add({{"what", std::string(what)}}, kWriteBuckets).Observe(seconds);
}
void Metrics::store_failure(std::string_view what) {
  families_->write_failures.Add({{"what", std::string(what)}}).Increment();
}
void Metrics::store_healthy(bool healthy) { families_->store_healthy.Set(healthy ? 1 : 0); }
void Metrics::config_load(bool good) { families_->config_good.Set(good ? 1 : 0); }

std::string Metrics::text(const FleetGauges& fleet, const ServerGauges& agents) {
  Families& all = *families_;
  all.connected.Set(static_cast<double>(fleet.connected));
  all.disconnected.Set(static_cast<double>(fleet.disconnected));
  all.retired.Set(static_cast<double>(fleet.retired));
  all.open_tokens.Set(static_cast<double>(fleet.open_tokens));
  all.authority_expire.Set(fleet.authority_expire_seconds);
  all.server_expire.Set(fleet.server_expire_seconds);
  all.open_connections.Set(static_cast<double>(agents.open));

  auto collected = all.registry.Collect();
  collected.push_back(
      outside_counter("connections_total", "Connections of agents accepted.", agents.connections));
  collected.push_back(outside_counter("connections_rejected_total",
                                      "Connections refused because too many were open.",
                                      agents.rejected));
  collected.push_back(
      outside_counter("requests_total", "Requests of agents answered.", agents.requests));
  collected.push_back(outside_counter("bad_requests_total",
                                      "Requests that were too slow, too large or no HTTP.",
                                      agents.bad_requests));
  collected.push_back(
      outside_counter("tls_failures_total", "TLS handshakes that failed.", agents.tls_failures));
  return prometheus::TextSerializer().Serialize(collected);
}

}  // namespace joist::installer
