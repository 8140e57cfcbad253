// What a request for /metrics asks for. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/accept.h"
#include "wire/http.h"

namespace joist::metrics {

struct ScrapeRequest {
  Format format = Format::Text;
  Encoding encoding = Encoding::Identity;
  std::chrono::milliseconds deadline{0};
  std::vector<std::string> collect;  // collect[]: these collectors alone
  std::vector<std::string> exclude;  // exclude[]: all but these
};

ScrapeRequest read_scrape_request(const wire::Request& request);

// How long a scrape may take, from Prometheus' own header
// (X-Prometheus-Scrape-Timeout-Seconds): a little less than it waits.
std::chrono::milliseconds scrape_deadline(std::string_view timeout_seconds);

// The values of `name` in a query, "a=1&b=2", percent-decoded, in their order.
std::vector<std::string> query_values(std::string_view query, std::string_view name);

}  // namespace joist::metrics
