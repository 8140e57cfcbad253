#include "agent/health_watch.h"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace joist::agent {
namespace {

using std::chrono::seconds;
using wire::Task;
using SteadyClock = std::chrono::steady_clock;

constexpr seconds kSampleEvery{60};
constexpr seconds kSampleDeadline{10};
constexpr seconds kAskDeadline{30};  // the helper's client gives up before
constexpr seconds kLookAgain{60};    // at the clock and the disks
constexpr seconds kSpacing{1};       // between two disks
constexpr seconds kLoopDeadline{150};

Task<void> sleep(wire::asio::steady_timer& timer, SteadyClock::duration time) {
  timer.expires_after(time);
  boost::system::error_code woken;
  co_await timer.async_wait(wire::asio::redirect_error(wire::asio::use_awaitable, woken));
}

}  // namespace

HealthWatch::HealthWatch(wire::asio::io_context& io, SysRoot root, HelperClient helper,
                         const Config& config, const Clock& clock, Pulse& pulse,
                         std::function<void()> on_change)
    : root_(std::move(root)),
      helper_(std::move(helper)),
      config_(config),
      clock_(clock),
      pulse_(pulse),
      on_change_(std::move(on_change)),
      asker_(io, "disk health", 1),
      reader_(io, "disk latency", 1),
      ask_loop_(pulse.add("disk health", kLoopDeadline, SteadyClock::now())),
      sample_loop_(pulse.add("disk latency", kLoopDeadline, SteadyClock::now())),
      ask_timer_(io),
      sample_timer_(io),
      random_(std::random_device()()) {}

HealthWatch::~HealthWatch() = default;

void HealthWatch::start() {
  const auto executor = ask_timer_.get_executor();
  wire::asio::co_spawn(executor, ask_forever(), wire::rethrow);
  wire::asio::co_spawn(executor, sample_forever(), wire::rethrow);
}

void HealthWatch::observe(const std::vector<disk::Disk>& disks) {
  observed_ = true;
  disks_ = disks;
  const bool others = cache_.observe(disks_);
  known_ = cache_.known();
  if (!others) return;
  ++readings_;
  ask_timer_.cancel();
}

void HealthWatch::reconsider() {
  cache_.reconsider(disk::health_interval(spec()), clock_.now().boot);
  ask_timer_.cancel();
}

std::optional<v1::Condition> HealthWatch::judge() const {
  if (!observed_) return std::nullopt;
  return disk::judge_health(known_, window_.latencies(), spec(), clock_.now());
}

std::optional<v1::DiskHealth> HealthWatch::health(const std::string& disk_name) const {
  if (spec().disabled()) return std::nullopt;
  const auto known = std::ranges::find_if(
      known_, [&](const disk::HealthKnown& one) { return one.disk.name == disk_name; });
  if (known == known_.end()) return std::nullopt;
  const auto latency = std::ranges::find(window_.latencies(), disk_name, &disk::IoLatency::name);
  return disk::judge_disk(*known, latency == window_.latencies().end() ? nullptr : &*latency,
                          spec(), clock_.now());
}

Task<void> HealthWatch::ask_forever() {
  for (;;) {
    pulse_.beat(ask_loop_, SteadyClock::now());
    const BootTime now = clock_.now().boot;
    const auto due = spec().disabled() ? std::nullopt : cache_.next();
    if (!due || due->time > now) {
      const auto left = due ? due->time - now : BootTime(kLookAgain);
      co_await sleep(ask_timer_, std::min<BootTime>(left, kLookAgain));
      continue;
    }
    std::function<Result<v1::HealthResponse>()> job = [helper = helper_, name = due->name,
                                                       diskseq = due->diskseq] {
      return helper.health(name, diskseq);
    };
    const auto answer = co_await asker_.run(std::move(job), kAskDeadline);
    ++counters_.asked;
    const bool trouble = !answer || disk::hear(*answer).answer == disk::HealthAnswer::Trouble;
    if (trouble) ++counters_.failures;
    if (trouble && cache_.is_news(*due, answer)) {
      const Error why = answer ? Error{ErrorCode::Io, disk::hear(*answer).why} : answer.error();
      log(Priority::Warning, "a disk did not tell its health", why, {{"disk", due->name}});
    }
    std::uniform_real_distribution<double> even(0, 1);
    cache_.store(*due, answer, disk::health_interval(spec()), even(random_), clock_.now());
    known_ = cache_.known();
    ++readings_;
    on_change_();
    co_await sleep(ask_timer_, kSpacing);
  }
}

Task<void> HealthWatch::sample_forever() {
  for (;;) {
    pulse_.beat(sample_loop_, SteadyClock::now());
    std::function<Result<std::string>()> job = [root = root_] {
      return root.read("/proc/diskstats");
    };
    const auto text = co_await reader_.run(std::move(job), kSampleDeadline);
    // What cannot be read shows in node_scrape_collector_success, and judges nobody here.
    if (text) window_.add(*text, disks_);
    co_await sleep(sample_timer_, kSampleEvery);
  }
}

}  // namespace joist::agent
