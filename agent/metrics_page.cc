#include "agent/metrics_page.h"

#include <boost/asio/redirect_error.hpp>

#include <utility>

#include "agent/gzip.h"

namespace joist::agent {
namespace {

using SteadyClock = std::chrono::steady_clock;
using wire::Task;

constexpr std::chrono::seconds kPackDeadline{5};

}  // namespace

MetricsPage::MetricsPage(wire::asio::io_context& io, OwnMetrics& metrics,
                         std::function<std::string()> own_text)
    : io_(io), metrics_(metrics), own_text_(std::move(own_text)), worker_(io, "collectors", 4) {}

Task<MetricsPage::Text> MetricsPage::get(Worker::Duration deadline) {
  std::shared_ptr<Run> run = run_;
  if (run) {
    metrics_.scrape_shared();
  } else {
    run = std::make_shared<Run>(io_);
    run_ = run;
    wire::asio::co_spawn(io_, collect(run, deadline), wire::rethrow);
  }
  boost::system::error_code done;
  if (!run->text) {
    co_await run->done.async_wait(wire::asio::redirect_error(wire::asio::use_awaitable, done));
  }
  co_return run->text;
}

Task<MetricsPage::Text> MetricsPage::get_gzipped(Worker::Duration deadline) {
  const Text text = co_await get(deadline);
  if (worker_.stuck(SteadyClock::now())) co_return Text();
  std::function<Result<std::string>()> job = [text] { return gzip(*text); };
  auto packed = co_await worker_.run(std::move(job), kPackDeadline);
  if (!packed) co_return Text();
  co_return std::make_shared<const std::string>(std::move(*packed));
}

Task<void> MetricsPage::collect(std::shared_ptr<Run> run, Worker::Duration deadline) {
  const SteadyTime began = SteadyClock::now();
  std::string text;
  bool collected = false;
  if (scrape_ && !worker_.stuck(began)) {
    std::function<Result<std::string>()> job = [scrape = scrape_] {
      return Result<std::string>(std::string(scrape->page()));
    };
    auto page = co_await worker_.run(std::move(job), deadline);
    collected = page.has_value();
    if (page) text = std::move(*page);
  }
  metrics_.scraped(collected, SteadyClock::now() - began);
  text += own_text_();
  run->text = std::make_shared<const std::string>(std::move(text));
  run->done.cancel();
  if (run_ == run) run_.reset();
}

}  // namespace joist::agent
