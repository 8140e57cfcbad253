// Answers /metrics: collects what is asked for, in the format and the encoding that are asked
// for. Requests for the same collectors that come while one is under way share its
// page, and what was made of it: ten scrapers cost the host no more than one. It is ready when the
// first of them needs it. Who needs a page of other collectors leaves the one under way half of its
// own time.
//
// Buffers are kept, so that a scrape allocates nothing large. Threads: the loop's, which collects
// too (wire/loop.h), until a collector hangs (collectors/lanes.h).
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collectors/scrape.h"
#include "metrics/compression.h"
#include "metrics/scrape_request.h"
#include "wire/asio.h"
#include "wire/http.h"
#include "wire/loop.h"

namespace joist::metrics {

// Prometheus keeps a connection for five minutes without a scrape; it is closed there, not here,
// where a scrape could be on its way.
constexpr std::chrono::seconds kKeepAlive{330};

class ScrapeServer {
 public:
  using Text = std::shared_ptr<const std::string>;

  struct Counters {
    std::uint64_t pages = 0;       // collected
    std::uint64_t incomplete = 0;  // of them, while a collector hung or there were none to ask
    std::uint64_t shared = 0;      // requests that were given a page another had asked for
    double collect_seconds = 0;    // the last page took
  };

  // `append_own` adds the program's own families to a page (text format). Both must
  // outlive this.
  ScrapeServer(wire::Loop& loop, std::function<void(std::string&)> append_own);
  ScrapeServer(const ScrapeServer&) = delete;
  ScrapeServer& operator=(const ScrapeServer&) = delete;

  // The collectors to ask from now on; none before.
  void use(std::shared_ptr<collectors::Scrape> scrape) { scrape_ = std::move(scrape); }

  // 400 where collect[] and exclude[] ask for what there is not.
  wire::Task<wire::Response> answer(const wire::Request& request);

  const Counters& counters() const { return counters_; }

  // Collectors that hang.
  std::size_t stuck() const { return scrape_ ? scrape_->stuck() : 0; }

 private:
  static constexpr std::size_t kFormats = 3;  // the two numbers of OpenMetrics are one text
  static constexpr std::size_t kEncodings = 3;

  // One page and what it was turned into.
  struct Run {
    Run(wire::asio::io_context& io, std::shared_ptr<collectors::Scrape> collectors,
        collectors::Scrape::Selection asked)
        : scrape(std::move(collectors)),
          selection(std::move(asked)),
          over(io, wire::asio::steady_timer::time_point::max()) {}
    // A selection is one of these collectors: use() may bring others while a page waits.
    std::shared_ptr<collectors::Scrape> scrape;
    collectors::Scrape::Selection selection;
    wire::asio::steady_timer over;  // cancelled when the page is there
    std::array<std::array<Text, kEncodings>, kFormats> texts;
    bool done = false;
    std::shared_ptr<wire::asio::steady_timer> look;  // while collectors are late

    // Somebody else waits for it, and can until `end`.
    void hurry(collectors::Scrape::Time end);
  };

  wire::Task<std::shared_ptr<Run>> get(std::shared_ptr<collectors::Scrape> scrape,
                                       collectors::Scrape::Selection selection,
                                       collectors::Scrape::Time end);
  wire::Task<void> collect(std::shared_ptr<Run> run, collectors::Scrape::Time end);
  wire::Task<void> run_collectors(Run& run, collectors::Scrape::Time end);
  Text text_of(Run& run, Format format, Encoding encoding);
  std::shared_ptr<std::string> buffer();

  wire::Loop& loop_;
  std::function<void(std::string&)> append_own_;
  std::shared_ptr<collectors::Scrape> scrape_;
  std::shared_ptr<Run> run_;  // under way
  Compressor compressor_;
  std::vector<std::shared_ptr<std::string>> buffers_;  // free when nobody else has them
  Counters counters_;
};

}  // namespace joist::metrics
