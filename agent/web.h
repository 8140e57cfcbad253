// What the agent serves to the network, reading only:
//   /metrics  /healthz  /readyz  /
// Threads: the control thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "joist/v1/condition.pb.h"
#include "joist/v1/spec.pb.h"
#include "metrics/scrape_server.h"
#include "wire/http_server.h"

namespace joist::agent {

class Web {
 public:
  // What the pages say besides metrics, asked when they are.
  struct Sources {
    std::function<std::vector<v1::Condition>()> conditions;  // Ready first
    std::function<std::vector<std::string>()> stuck_loops;
    std::function<std::string()> node_name;
  };

  Web(wire::asio::io_context& io, metrics::ScrapeServer& metrics, Sources sources);

  // Serves as `spec` says. On error what was served before is served on.
  Result<void> listen(const v1::MetricsSpec& spec);

  void close();

  // "127.0.0.1:7444", as bound.
  std::string address() const { return server_.address(); }

  const wire::HttpCounters& counters() const { return server_.counters(); }

  // The answer to one request.
  wire::Task<wire::Response> answer(const wire::Request& request);

 private:
  wire::Response healthz() const;
  wire::Response readyz() const;
  wire::Response landing() const;

  metrics::ScrapeServer& metrics_;
  Sources sources_;
  std::string listens_on_;  // metrics.listen
  wire::HttpServer server_;
};

}  // namespace joist::agent
