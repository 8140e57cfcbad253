#include "metrics/scrape_request.h"

#include <algorithm>
#include <charconv>

namespace joist::metrics {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDeadline{10'000};
constexpr milliseconds kDeadlineMin{250};
constexpr milliseconds kForTheWayBack{250};

// "%5B" and "+" as application/x-www-form-urlencoded has them; what is malformed stays.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned char byte = 0;
    const char* const digits = text.data() + at + 1;
    const bool escaped = text[at] == '%' && at + 2 < text.size() &&
                         std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    if (escaped) {
      out += static_cast<char>(byte);
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

}  // namespace

milliseconds scrape_deadline(std::string_view timeout_seconds) {
  double seconds = 0;
  const auto* end = timeout_seconds.data() + timeout_seconds.size();
  const auto parsed = std::from_chars(timeout_seconds.data(), end, seconds);
  if (parsed.ec != std::errc() || parsed.ptr != end || !(seconds > 0) || seconds > 3600) {
    return kDeadline;
  }
  const milliseconds asked(static_cast<std::int64_t>(seconds * 1000));
  return std::clamp(asked - kForTheWayBack, kDeadlineMin, kDeadline);
}

std::vector<std::string> query_values(std::string_view query, std::string_view name) {
  std::vector<std::string> values;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (decoded(pair.substr(0, equals)) != name) continue;
    values.push_back(decoded(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return values;
}

ScrapeRequest read_scrape_request(const wire::Request& request) {
  ScrapeRequest scrape;
  scrape.format = negotiate_format(request.header("Accept"));
  scrape.encoding = negotiate_encoding(request.header("Accept-Encoding"));
  scrape.deadline = scrape_deadline(request.header("X-Prometheus-Scrape-Timeout-Seconds"));
  if (!request.query.empty()) {
    scrape.collect = query_values(request.query, "collect[]");
    scrape.exclude = query_values(request.query, "exclude[]");
  }
  return scrape;
}

}  // namespace joist::metrics
