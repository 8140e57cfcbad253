// joist-exporter: what it serves, and to whom.
//   /metrics  (--web.telemetry-path)   the host's metrics
//   /                                  a page that says so
// Threads: the loop's; see metrics/scrape_server.h and metrics/web_guard.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "collectors/exposition.h"
#include "collectors/scrape.h"
#include "exporter/flags.h"
#include "metrics/scrape_server.h"
#include "metrics/web_guard.h"
#include "wire/asio.h"
#include "wire/http_server.h"

namespace joist::exporter {

class Exporter {
 public:
  Exporter(wire::Loop& loop, Flags flags);
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  // Collectors, web config and listening sockets. What fails here ends the program.
  Result<void> start();

  // Where it serves, for the log.
  std::string address() const { return server_.address(); }

  void close() { server_.close(); }

 private:
  wire::Task<wire::Response> answer(const wire::Request& request);
  wire::Task<wire::Response> metrics(const wire::Request& request);
  wire::Response landing() const;
  Result<void> listen();
  Result<void> listen_on_systemds_sockets();
  void append_own(std::string& page);

  const Flags flags_;
  metrics::ScrapeServer scrapes_;
  metrics::WebGuard guard_;
  wire::HttpServer server_;

  unsigned in_flight_ = 0;
  std::map<unsigned, std::uint64_t> answered_{{200, 0}, {500, 0}, {503, 0}};  // by status
  collectors::Exposition own_;
  const collectors::Family build_info_, errors_, requests_in_flight_, requests_, config_current_;
};

}  // namespace joist::exporter
