#include "agent/disk_watch.h"

#include <fcntl.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "disk/change_watch.h"
#include "disk/classify.h"
#include "disk/observe.h"

namespace joist::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::Task;
using SteadyClock = std::chrono::steady_clock;
using Descriptor = wire::asio::posix::stream_descriptor;

constexpr seconds kLookEvery{60};
constexpr milliseconds kBurst{300};     // events come in flocks
constexpr milliseconds kSpacing{2000};  // between two looks, however much happens
constexpr seconds kObserveDeadline{10};
constexpr seconds kProbeDeadline{30};  // the helper's client gives up before
constexpr seconds kLoopDeadline{150};

// The watched object closes its own descriptor, and so does Asio: give it a copy.
Descriptor duplicate(const wire::asio::any_io_executor& executor, int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw std::system_error(errno, std::generic_category(), "dup");
  return Descriptor(executor, copy);
}

Task<void> sleep(wire::asio::steady_timer& timer, SteadyTime until) {
  timer.expires_at(until);
  boost::system::error_code woken;
  co_await timer.async_wait(wire::asio::redirect_error(wire::asio::use_awaitable, woken));
}

}  // namespace

DiskWatch::DiskWatch(wire::asio::io_context& io, SysRoot root, HelperClient helper,
                     const Config& config, const Clock& clock, Pulse& pulse,
                     std::function<void()> on_change)
    : root_(std::move(root)),
      helper_(std::move(helper)),
      config_(config),
      clock_(clock),
      pulse_(pulse),
      on_change_(std::move(on_change)),
      observer_(io, "disk observation", 1),
      prober_(io, "disk probes", 1),
      observe_loop_(pulse.add("disk observation", kLoopDeadline, SteadyClock::now())),
      probe_loop_(pulse.add("disk probes", kLoopDeadline, SteadyClock::now())),
      observe_timer_(io),
      probe_timer_(io) {}

DiskWatch::~DiskWatch() = default;

void DiskWatch::start() {
  const auto executor = observe_timer_.get_executor();
  wire::asio::co_spawn(executor, observe_forever(), wire::rethrow);
  wire::asio::co_spawn(executor, probe_forever(), wire::rethrow);
  wire::asio::co_spawn(executor, watch_udev(), wire::rethrow);
  wire::asio::co_spawn(executor, watch_proc("/proc/self/mountinfo"), wire::rethrow);
  wire::asio::co_spawn(executor, watch_proc("/proc/swaps"), wire::rethrow);
}

void DiskWatch::reconsider() {
  disturbed_ = true;
  look_again();
}

void DiskWatch::look_again() {
  changed_ = true;
  observe_timer_.cancel();
}

// Waits for the next reason to look.
Task<void> DiskWatch::settle_down() {
  const SteadyTime spaced = SteadyClock::now() + kSpacing;
  while (SteadyClock::now() < spaced) co_await sleep(observe_timer_, spaced);
  const SteadyTime next = spaced + kLookEvery - kSpacing;
  while (!changed_ && SteadyClock::now() < next) co_await sleep(observe_timer_, next);
  if (changed_) {
    const SteadyTime quiet = SteadyClock::now() + kBurst;
    while (SteadyClock::now() < quiet) co_await sleep(observe_timer_, quiet);
  }
  changed_ = false;
}

Task<void> DiskWatch::observe_forever() {
  for (;;) {
    pulse_.beat(observe_loop_, SteadyClock::now());
    const Moment now = clock_.now();
    std::function<Result<disk::Inventory>()> job = [root = root_, now] {
      return disk::observe(root, now);
    };
    auto inventory = co_await observer_.run(std::move(job), kObserveDeadline);
    ++counters_.observations;
    if (inventory) {
      inventory_ = std::move(*inventory);
      cache_.observe(inventory_->disks, config_.spec().storage());
      if (std::exchange(disturbed_, false)) cache_.disturb(SteadyClock::now());
      probe_timer_.cancel();
      publish();
    } else {
      ++counters_.observation_failures;
      log(Priority::Warning, "the disks could not be observed", inventory.error());
      look_ = tl::unexpected(disk::LookFailed{inventory.error(), now});
      on_change_();
    }
    co_await settle_down();
  }
}

Task<void> DiskWatch::probe_forever() {
  for (;;) {
    const SteadyTime now = SteadyClock::now();
    pulse_.beat(probe_loop_, now);
    const auto due = cache_.next();
    if (!due || due->time > now) {
      const SteadyTime latest = now + kLookEvery;
      co_await sleep(probe_timer_, due ? std::min(due->time, latest) : latest);
      continue;
    }
    std::function<Result<disk::ProbeResult>()> job = [helper = helper_, name = due->name,
                                                      diskseq = due->diskseq] {
      return helper.probe(name, diskseq);
    };
    auto result = co_await prober_.run(std::move(job), kProbeDeadline);
    ++counters_.probes;
    if (!result) {
      ++counters_.probe_failures;
      if (cache_.is_news(*due, result)) {
        log(Priority::Warning, "a disk could not be probed", result.error(), {{"disk", due->name}});
      }
    }
    cache_.store(*due, std::move(result), SteadyClock::now());
    publish();
  }
}

void DiskWatch::publish() {
  disk::InventoryTaken taken{
      *inventory_, disk::classify(*inventory_, cache_.results(), config_.spec().storage())};
  last_good_ = taken;
  look_ = std::move(taken);
  on_change_();
}

// Without it a change of the disks shows at the next look, a minute later.
Task<void> DiskWatch::watch_udev() {
  auto monitor = disk::UdevMonitor::open();
  if (!monitor) {
    log(Priority::Warning, "new disks will show late", monitor.error());
    co_return;
  }
  auto events = duplicate(observe_timer_.get_executor(), monitor->fd());
  for (;;) {
    boost::system::error_code error;
    co_await events.async_wait(Descriptor::wait_read,
                               wire::asio::redirect_error(wire::asio::use_awaitable, error));
    if (error) co_return;
    if (!monitor->drain()) continue;
    disturbed_ = true;
    look_again();
  }
}

Task<void> DiskWatch::watch_proc(const char* path) {
  auto change = disk::ProcChange::open(root_, path);
  if (!change) {
    log(Priority::Warning, "changes of mounts or swaps will show late", change.error());
    co_return;
  }
  auto events = duplicate(observe_timer_.get_executor(), change->fd());
  change->acknowledge();
  for (;;) {
    boost::system::error_code error;
    co_await events.async_wait(Descriptor::wait_error,
                               wire::asio::redirect_error(wire::asio::use_awaitable, error));
    if (error || !change->acknowledge()) co_return;
    look_again();
  }
}

}  // namespace joist::agent
