#include "agent/own_metrics.h"

#include <gtest/gtest.h>

namespace joist::agent {
namespace {

bool has(std::string_view page, std::string_view line) {
  return page.find("\n" + std::string(line) + "\n") != std::string_view::npos;
}

TEST(OwnMetrics, HaveOneStatusForEachCondition) {
  v1::Condition condition;
  condition.set_type("Ready");
  OwnState state;
  state.conditions = {condition};  // unset: read as Unknown
  OwnMetrics metrics;
  const std::string_view text = metrics.text(state, {});
  EXPECT_TRUE(has(text, "joist_condition_status{type=\"Ready\",status=\"Unknown\"} 1"));
  EXPECT_TRUE(has(text, "joist_condition_status{type=\"Ready\",status=\"True\"} 0"));
}

TEST(OwnMetrics, CountWhatHappened) {
  OwnMetrics metrics;
  metrics.config_reloaded(true, WallTime(std::chrono::seconds(100)));
  metrics.config_reloaded(false, WallTime(std::chrono::seconds(200)));
  metrics.condition_changed("Ready", v1::CONDITION_STATUS_TRUE);
  metrics.condition_changed("Ready", v1::CONDITION_STATUS_TRUE);
  OwnState state;
  state.scrapes = {.pages = 5, .incomplete = 2, .shared = 3, .collect_seconds = 0.25};
  state.servers = {{"metrics", {.connections = 7}}};
  state.workers_stuck = {{"collectors", true}};
  const std::string text(metrics.text(state, {}));
  EXPECT_TRUE(has(text, "joist_agent_config_last_reload_successful 0"));
  EXPECT_TRUE(has(text, "joist_agent_config_last_reload_success_timestamp_seconds 100"));
  EXPECT_TRUE(has(text, "joist_condition_transitions_total{type=\"Ready\",status=\"True\"} 2"));
  EXPECT_TRUE(has(text, "joist_agent_scrapes_total{collected=\"true\"} 3"));
  EXPECT_TRUE(has(text, "joist_agent_scrapes_total{collected=\"false\"} 2"));
  EXPECT_TRUE(has(text, "joist_agent_scrapes_shared_total 3"));
  EXPECT_TRUE(has(text, "joist_agent_http_connections_total{server=\"metrics\"} 7"));
  EXPECT_TRUE(has(text, "joist_agent_worker_stuck{worker=\"collectors\"} 1"));
  EXPECT_EQ(metrics.text(state, {}), text);
}

TEST(OwnMetrics, SayHowTheDisksAre) {
  v1::DiskHealth health;
  health.set_state(v1::DISK_HEALTH_STATE_FAILING);
  health.add_reasons()->set_code("DiskFailing");
  health.mutable_age()->set_seconds(90);
  v1::DiskHealth mute;
  mute.set_state(v1::DISK_HEALTH_STATE_NOT_OFFERED);
  const std::vector<disk::IoLatency> latencies{
      {.name = "sda", .read_seconds = 0.25, .compared = true, .outlier = "slow"},
      {.name = "vda", .write_seconds = 0.5}};
  OwnState state;
  state.health = {{"sda", health}, {"vda", mute}};
  state.latencies = &latencies;
  state.health_counters = {.asked = 7, .failures = 2};
  OwnMetrics metrics;
  const std::string_view text = metrics.text(state, {});
  for (const char* line :
       {"joist_disk_health{device=\"sda\",state=\"failing\",reason=\"DiskFailing\"} 1",
        "joist_disk_health{device=\"vda\",state=\"not-offered\",reason=\"\"} 1",
        "joist_disk_health_age_seconds{device=\"sda\"} 90",
        "joist_disk_io_latency_seconds{device=\"sda\",direction=\"read\"} 0.25",
        "joist_disk_io_latency_seconds{device=\"vda\",direction=\"write\"} 0.5",
        "joist_disk_io_latency_outlier{device=\"sda\"} 1", "joist_agent_disk_health_reads_total 7",
        "joist_agent_disk_health_read_failures_total 2"}) {
    EXPECT_TRUE(has(text, line)) << line;
  }
  EXPECT_EQ(text.find("outlier{device=\"vda\""), std::string_view::npos);
  EXPECT_EQ(text.find("age_seconds{device=\"vda\""), std::string_view::npos);
}

}  // namespace
}  // namespace joist::agent
