#include "metrics/scrape_server.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/startup_pages.h"
#include "metrics/openmetrics.h"
#include "metrics/protobuf_page.h"

namespace joist::metrics {
namespace {

using Clock = std::chrono::steady_clock;
using collectors::Scrape;
using wire::Task;

constexpr std::size_t kBuffersMax = 6;

std::size_t index_of(Format format) {
  if (format == Format::Text) return 0;
  return format == Format::Protobuf ? 2 : 1;
}

// Ends at the timer's time or when it is cancelled.
Task<void> wait(wire::asio::steady_timer& timer) {
  boost::system::error_code woken;
  co_await timer.async_wait(wire::asio::redirect_error(wire::asio::use_awaitable, woken));
}

}  // namespace

ScrapeServer::ScrapeServer(wire::Loop& loop, std::function<void(std::string&)> append_own)
    : loop_(loop), append_own_(std::move(append_own)) {}

Task<wire::Response> ScrapeServer::answer(const wire::Request& request) {
  const ScrapeRequest asked = read_scrape_request(request);
  Scrape::Selection selection;
  std::shared_ptr<Scrape> scrape = scrape_;
  if (scrape) {
    auto selected = scrape->select(asked.collect, asked.exclude);
    if (!selected) {
      co_return wire::text_response(
          400, asked.collect.empty() || asked.exclude.empty()
                   ? "Couldn't create filtered metrics handler: " + selected.error().message
                   : selected.error().message);
    }
    selection = std::move(*selected);
  }
  const std::shared_ptr<Run> run =
      co_await get(std::move(scrape), std::move(selection), Clock::now() + asked.deadline);

  wire::Response response;
  response.content_type = content_type(asked.format);
  response.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  response.shared_body = text_of(*run, asked.format, asked.encoding);
  if (!response.shared_body) {  // no memory to compress with
    response.shared_body = text_of(*run, asked.format, Encoding::Identity);
  } else if (asked.encoding != Encoding::Identity) {
    response.headers.emplace_back("Content-Encoding", content_encoding(asked.encoding));
  }
  co_return response;
}

Task<std::shared_ptr<ScrapeServer::Run>> ScrapeServer::get(std::shared_ptr<Scrape> scrape,
                                                           Scrape::Selection selection,
                                                           Scrape::Time end) {
  // A page of other collectors has to end first: they run one after another.
  while (run_ && (run_->scrape != scrape || run_->selection != selection)) {
    const std::shared_ptr<Run> other = run_;
    const auto now = Clock::now();
    other->hurry(now + std::max(end - now, Clock::duration::zero()) / 2);
    co_await wait(other->over);
  }
  std::shared_ptr<Run> run = run_;
  if (run) {
    ++counters_.shared;
    run->hurry(end);
    if (!run->done) co_await wait(run->over);
    co_return run;
  }
  run = std::make_shared<Run>(loop_.io(), std::move(scrape), std::move(selection));
  run_ = run;
  co_await collect(run, end);
  co_return run;
}

Task<void> ScrapeServer::collect(std::shared_ptr<Run> run, Scrape::Time end) {
  const auto began = Clock::now();
  const std::shared_ptr<Scrape> scrape = run->scrape;
  const std::shared_ptr<std::string> page = buffer();
  run->texts[0][0] = page;
  // However this ends: nobody may wait for it any longer.
  const auto end_run = [&](void*) {
    run->done = true;
    if (run_ == run) run_.reset();
    run->over.cancel();
  };
  const std::unique_ptr<void, decltype(end_run)> under_way(page.get(), end_run);
  if (scrape) {
    co_await run_collectors(*run, end);
    scrape->append_page(*page);
  }
  // From here on a page is as the one before; what found devices and matched names is done.
  if (++counters_.pages == 2) give_back_startup_pages();
  if (!scrape || scrape->stuck() > 0) ++counters_.incomplete;
  counters_.collect_seconds = std::chrono::duration<double>(Clock::now() - began).count();
  append_own_(*page);
}

void ScrapeServer::Run::hurry(Scrape::Time end) {
  if (done || !scrape) return;
  scrape->hurry(end);
  if (look) look->cancel();  // to look again, for the time that is left
}

Task<void> ScrapeServer::run_collectors(Run& run, Scrape::Time end) {
  const std::uint64_t round = run.scrape->open(run.selection, end);
  std::function<void()> serve = [scrape = run.scrape, round] { scrape->serve(round); };
  const bool through = co_await loop_.work(std::move(serve));
  if (through) co_return;
  // It goes on beside the loop.
  const auto timer = std::make_shared<wire::asio::steady_timer>(loop_.io());
  run.scrape->when_through(
      [&io = loop_.io(), timer] { wire::asio::post(io, [timer] { timer->cancel(); }); });
  run.look = timer;
  while (const auto look = run.scrape->check(Clock::now())) {
    timer->expires_at(*look);
    co_await wait(*timer);
  }
  run.look.reset();
}

ScrapeServer::Text ScrapeServer::text_of(Run& run, Format format, Encoding encoding) {
  auto& formatted = run.texts[index_of(format)];
  if (!formatted[0]) {
    const auto text = buffer();
    if (format == Format::Protobuf) {
      to_protobuf(*run.texts[0][0], *text);
    } else {
      to_openmetrics(*run.texts[0][0], *text);
    }
    formatted[0] = text;
  }
  Text& encoded = formatted[static_cast<std::size_t>(encoding)];
  if (encoded) return encoded;
  const auto packed = buffer();
  if (auto done = compressor_.compress(encoding, *formatted[0], *packed); !done) {
    log(Priority::Warning, "metrics: a page is sent uncompressed", done.error());
    return nullptr;
  }
  encoded = packed;
  return encoded;
}

std::shared_ptr<std::string> ScrapeServer::buffer() {
  const auto is_free = [](const auto& one) { return one.use_count() == 1; };
  const auto found = std::ranges::find_if(buffers_, is_free);
  if (found != buffers_.end()) {
    (*found)->clear();
    return *found;
  }
  auto made = std::make_shared<std::string>();
  if (buffers_.size() < kBuffersMax) buffers_.push_back(made);
  return made;
}

}  // namespace joist::metrics
