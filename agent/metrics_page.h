// The text of /metrics: what the collectors say of the host, then the agent's own
// metrics. Collecting happens on a worker. Requests that come while one is under
// way share it: ten scrapers cost the host no more than one.
// Threads: the control thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/own_metrics.h"
#include "agent/worker.h"
#include "base/result.h"
#include "collectors/scrape.h"
#include "wire/asio.h"

namespace joist::agent {

class MetricsPage {
 public:
  using Text = std::shared_ptr<const std::string>;

  // `own_text` gives the agent's own part. All must outlive it.
  MetricsPage(wire::asio::io_context& io, OwnMetrics& metrics,
              std::function<std::string()> own_text);

  // The collectors to ask from now on.
  void use(std::shared_ptr<collectors::Scrape> scrape) { scrape_ = std::move(scrape); }

  // The page. Collectors that do not answer within `deadline`, or hang from an
  // earlier time, are missing from it; joist_agent_worker_stuck and
  // joist_agent_scrapes_total{collected="false"} say so.
  wire::Task<Text> get(Worker::Duration deadline);

  // The same, packed. Empty text if it could not be.
  wire::Task<Text> get_gzipped(Worker::Duration deadline);

  const Worker& worker() const { return worker_; }

 private:
  struct Run {
    explicit Run(wire::asio::io_context& io)
        : done(io, wire::asio::steady_timer::time_point::max()) {}
    wire::asio::steady_timer done;
    Text text;
  };

  wire::Task<void> collect(std::shared_ptr<Run> run, Worker::Duration deadline);

  wire::asio::io_context& io_;
  OwnMetrics& metrics_;
  std::function<std::string()> own_text_;
  Worker worker_;
  std::shared_ptr<collectors::Scrape> scrape_;
  std::shared_ptr<Run> run_;
};

}  // namespace joist::agent
