#include "agent/disk_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/backoff.h"
#include "base/log.h"
#include "disk/classify.h"
#include "disk/observe.h"

namespace joist::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::Task;
using SteadyClock = std::chrono::steady_clock;
using Descriptor = wire::asio::posix::stream_descriptor;

struct Observed {
  disk::Inventory inventory;
  SeenNow seen;
};

constexpr seconds kLookEvery{60};
constexpr milliseconds kBurst{300};     // events come in flocks
constexpr milliseconds kSpacing{2000};  // between two looks, however much happens
constexpr seconds kObserveDeadline{10};
constexpr seconds kProbeDeadline{30};  // the helper's client gives up before
constexpr seconds kLoopDeadline{150};

// The watched object closes its own descriptor, and so does Asio: give it a copy.
Result<Descriptor> duplicate(const wire::asio::any_io_executor& executor, int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return fail_errno(errno, "dup");
  Descriptor descriptor(executor);
  boost::system::error_code error;
  descriptor.assign(copy, error);
  if (!error) return descriptor;
  ::close(copy);
  return fail(ErrorCode::Io, "watch a descriptor: " + error.message());
}

Task<Result<void>> wait_for(Descriptor& descriptor, Descriptor::wait_type what) {
  boost::system::error_code error;
  co_await descriptor.async_wait(what,
                                 wire::asio::redirect_error(wire::asio::use_awaitable, error));
  if (error) co_return fail(ErrorCode::Io, "wait for changes: " + error.message());
  co_return Result<void>();
}

Task<void> sleep(wire::asio::steady_timer& timer, SteadyTime until) {
  timer.expires_at(until);
  boost::system::error_code woken;
  co_await timer.async_wait(wire::asio::redirect_error(wire::asio::use_awaitable, woken));
}

}  // namespace

DiskWatch::DiskWatch(wire::asio::io_context& io, SysRoot root, std::string seen,
                     HelperClient helper, const Config& config, const Clock& clock, Pulse& pulse,
                     std::function<void()> on_change)
    : root_(std::move(root)),
      seen_path_(std::move(seen)),
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
  const auto spawn = [&](Ear& ear, std::function<Task<Error>()> hear) {
    wire::asio::co_spawn(executor, hear_forever(ear, std::move(hear)), wire::rethrow);
  };
  spawn(udev_, [this] { return hear_udev(udev_); });
  spawn(mounts_, [this] { return hear_proc(mounts_, "/proc/self/mountinfo"); });
  spawn(swaps_, [this] { return hear_proc(swaps_, "/proc/swaps"); });
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
    std::function<Result<Observed>()> job = [root = root_, seen = seen_path_,
                                             now]() -> Result<Observed> {
      auto inventory = disk::observe(root, now);
      if (!inventory) return tl::unexpected<Error>(inventory.error());
      SeenNow disks = see_disks(seen, root, *inventory);
      return Observed{std::move(*inventory), std::move(disks)};
    };
    auto observed = co_await observer_.run(std::move(job), kObserveDeadline);
    ++counters_.observations;
    if (observed) {
      inventory_ = std::move(observed->inventory);
      take_seen(std::move(observed->seen));
      cache_.observe(inventory_->disks, config_.spec().storage());
      if (std::exchange(disturbed_, false)) cache_.disturb(SteadyClock::now());
      probe_timer_.cancel();
      publish();
    } else {
      ++counters_.observation_failures;
      log(Priority::Warning, "the disks could not be observed", observed.error());
      look_ = tl::unexpected(disk::LookFailed{observed.error(), now});
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
    const Moment asked = clock_.now();
    std::function<Result<disk::ProbeResult>()> job = [helper = helper_, name = due->name,
                                                      diskseq = due->diskseq] {
      return helper.probe(name, diskseq);
    };
    auto result = co_await prober_.run(std::move(job), kProbeDeadline);
    ++counters_.probes;
    if (result) {
      result->asked = asked;
    } else {
      ++counters_.probe_failures;
      if (cache_.is_news(*due, result)) {
        log(Priority::Warning, "a disk could not be probed", result.error(), {{"disk", due->name}});
      }
    }
    cache_.store(*due, std::move(result), SteadyClock::now());
    publish();
  }
}

// What is wrong is logged once, and again when it is something else.
void DiskWatch::take_seen(SeenNow seen) {
  if (!seen.problem.empty() && seen.problem != seen_.problem) {
    log(Priority::Warning, "whether disks are what they were is not known",
        {{"problem", seen.problem}});
  }
  for (const v1::DiskDoubt& doubt : seen.doubts) {
    const bool told = std::ranges::any_of(seen_.doubts, [&doubt](const v1::DiskDoubt& before) {
      return before.id() == doubt.id() && before.reason().message() == doubt.reason().message();
    });
    if (told || doubt.reason().code() != "IdentityChanged") continue;
    log(Priority::Warning, "a disk is not what it was",
        {{"disk", doubt.id()}, {"why", doubt.reason().message()}});
  }
  seen_ = std::move(seen);
}

void DiskWatch::publish() {
  disk::InventoryTaken taken{
      *inventory_,
      disk::classify(*inventory_, cache_.results(SteadyClock::now()), config_.spec().storage()),
      why_late(), seen_.doubts};
  last_good_ = taken;
  look_ = std::move(taken);
  on_change_();
}

std::string DiskWatch::why_late() const {
  std::string text;
  for (const Ear* ear : {&udev_, &mounts_, &swaps_}) {
    if (!ear->listens && !ear->error.empty()) text += (text.empty() ? "" : "; ") + ear->error;
  }
  return text;
}

// Listens again whenever listening ended, a minute later at the latest.
Task<void> DiskWatch::hear_forever(Ear& ear, std::function<Task<Error>()> hear) {
  wire::asio::steady_timer timer(observe_timer_.get_executor());
  for (unsigned failures = 0;; ++failures) {
    const SteadyTime began = SteadyClock::now();
    const Error error = co_await hear();
    if (ear.error != error.message) log(Priority::Warning, "changes of disks show late", error);
    ear = {.listens = false, .error = error.message};
    if (inventory_) publish();
    if (SteadyClock::now() - began >= kBackoffCap) failures = 0;
    co_await sleep(timer, SteadyClock::now() + backoff(failures, 1));
  }
}

// What happened while nobody listened is not known.
void DiskWatch::now_listens(Ear& ear) {
  ear.listens = true;
  if (ear.error.empty()) return;
  disturbed_ = true;
  look_again();
}

Task<Error> DiskWatch::hear_udev(Ear& ear) {
  auto monitor = disk::UdevMonitor::open();
  if (!monitor) co_return monitor.error();
  auto events = duplicate(observe_timer_.get_executor(), monitor->fd());
  if (!events) co_return events.error();
  now_listens(ear);
  for (;;) {
    const auto waited = co_await wait_for(*events, Descriptor::wait_read);
    if (!waited) co_return waited.error();
    const auto changed = monitor->drain();
    if (!changed) co_return changed.error();
    if (!changed->empty()) hear(*changed);
  }
}

// The look comes when the flock of events is over; a disk that one of them is of
// is not taken for blank until then.
void DiskWatch::hear(const disk::BlockChanges& changes) {
  const SteadyTime now = SteadyClock::now();
  bool forgot = false;
  for (const std::string& name : changes.disks) forgot |= cache_.change(name, now);
  if (changes.lost && inventory_) {
    for (const disk::Disk& disk : inventory_->disks) forgot |= cache_.change(disk.name, now);
  }
  if (forgot) publish();
  disturbed_ = true;
  look_again();
  probe_timer_.cancel();
}

Task<Error> DiskWatch::hear_proc(Ear& ear, const char* path) {
  auto change = disk::ProcChange::open(root_, path);
  if (!change) co_return change.error();
  auto events = duplicate(observe_timer_.get_executor(), change->fd());
  if (!events) co_return events.error();
  now_listens(ear);
  for (;;) {
    auto waited = co_await wait_for(*events, Descriptor::wait_error);
    if (waited) waited = change->acknowledge();
    if (!waited) co_return Error{waited.error().code, path + (": " + waited.error().message)};
    look_again();
  }
}

}  // namespace joist::agent
