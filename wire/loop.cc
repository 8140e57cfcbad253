#include "wire/loop.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/unique_fd.h"

namespace joist::wire {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::nanoseconds kNever{0};
constexpr std::chrono::nanoseconds kNow{1};

UniqueFd make_alarm() {
  UniqueFd alarm(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  if (!alarm) throw std::system_error(errno, std::generic_category(), "timerfd_create");
  return alarm;
}

}  // namespace

struct Loop::Shared {
  explicit Shared(asio::io_context& context) : io(context), alarm(make_alarm()) {}

  asio::io_context& io;
  const UniqueFd alarm;                 // who stands by sleeps until it rings
  std::atomic<std::uint64_t> turn = 0;  // whose it is to run the loop

  std::mutex mutex;  // guards what follows
  bool working = false;
  Clock::time_point due;           // of the work
  std::function<void(bool)> then;  // who waits for the work
  std::size_t leading = 0;         // threads inside the io_context, of which one is not late
  std::condition_variable left;
  std::size_t standing_by = 0;
  bool over = false;
  std::string failure;
  After after;
  std::uint64_t runs = 0;   // how often run() was called
  std::uint64_t ended = 0;  // of which run `after` has returned

  void set_alarm(std::chrono::nanoseconds in) const {
    itimerspec time{};
    time.it_value.tv_nsec = in.count();
    ::timerfd_settime(alarm.get(), 0, &time, nullptr);  // fails for invalid times alone
  }

  // Ends when the loop is over or another thread's.
  void lead(std::unique_lock<std::mutex>& lock, std::uint64_t mine) {
    ++leading;
    lock.unlock();
    std::string thrown;
    try {
      while (turn == mine && io.run_one() > 0) {
      }
    } catch (const std::exception& error) {
      thrown = error.what();
    }
    lock.lock();
    if (turn == mine) {
      over = true;
      failure = thrown;
    } else if (!over) {
      asio::post(io, [] {});  // what the work posted lies in the queue, where it woke nobody
    }
    --leading;
    left.notify_all();
  }

  // Sleeps until the turn is this thread's, which is returned, or all is over: nothing. It has been
  // counted as standing by.
  std::optional<std::uint64_t> stand_by(std::unique_lock<std::mutex>& lock) {
    std::optional<std::uint64_t> mine;
    while (!over && !mine) {
      lock.unlock();
      std::uint64_t times = 0;
      static_cast<void>(::read(alarm.get(), &times, sizeof times));
      lock.lock();
      if (over || !working) continue;
      if (const auto early = due - Clock::now(); early > Clock::duration::zero()) {
        set_alarm(early);  // it rang for an earlier work
        continue;
      }
      working = false;
      asio::post(io, [waiting = std::exchange(then, nullptr)] { waiting(false); });
      mine = ++turn;
    }
    --standing_by;
    return mine;
  }

  void take_turns(std::optional<std::uint64_t> mine) {
    std::unique_lock lock(mutex);
    if (!mine) mine = stand_by(lock);
    while (mine) {
      lead(lock, *mine);
      ++standing_by;
      mine = stand_by(lock);
    }
    if (const auto last = std::exchange(after, nullptr)) {
      const std::uint64_t run = runs;
      const std::string thrown = failure;
      lock.unlock();
      last(thrown);
      lock.lock();
      ended = std::max(ended, run);
      left.notify_all();
    }
    set_alarm(kNow);  // each who stands by wakes the next
  }

  // True: nobody stands by, though one is counted from now on.
  bool begin(std::function<void(bool)> waiting) {
    const std::lock_guard lock(mutex);
    working = true;
    due = Clock::now() + kPatience;
    then = std::move(waiting);
    set_alarm(kPatience);
    if (standing_by > 0) return false;
    ++standing_by;
    return true;
  }

  // Who waits for the work; nobody, if it is late.
  std::function<void(bool)> finish(std::uint64_t mine) {
    const std::lock_guard lock(mutex);
    if (turn != mine) return nullptr;
    working = false;
    set_alarm(kNever);
    return std::exchange(then, nullptr);
  }
};

namespace {

template <typename Shared>
void start_stand_in(const std::shared_ptr<Shared>& shared) {
  try {
    std::thread([shared] { shared->take_turns(std::nullopt); }).detach();
  } catch (const std::system_error& error) {
    log(Priority::Warning, "no thread that goes on if a collector hangs",
        {{"error", error.what()}});
    const std::lock_guard lock(shared->mutex);
    --shared->standing_by;
  }
}

}  // namespace

Loop::Loop(asio::io_context& io) : shared_(std::make_shared<Shared>(io)) {}

Loop::~Loop() {
  std::unique_lock lock(shared_->mutex);
  shared_->over = true;
  shared_->set_alarm(kNow);
  shared_->left.wait(lock, [&] { return shared_->leading == 0; });
}

asio::io_context& Loop::io() const { return shared_->io; }

void Loop::run(After after) {
  const auto shared = shared_;  // this thread may come back from its work when the Loop is gone
  std::unique_lock lock(shared->mutex);
  shared->over = false;
  shared->failure.clear();
  shared->after = std::move(after);
  const std::uint64_t run = ++shared->runs;
  lock.unlock();
  shared->take_turns(++shared->turn);
  lock.lock();
  shared->left.wait(lock, [&] { return shared->ended >= run; });
}

Task<bool> Loop::work(std::function<void()> work) {
  const auto initiate = [shared = shared_, work = std::move(work)](auto handler) {
    const auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
    asio::post(shared->io, [shared, work, waiting] {
      const std::uint64_t mine = shared->turn;
      const bool alone = shared->begin([waiting](bool in_time) { std::move (*waiting)(in_time); });
      if (alone) start_stand_in(shared);
      work();
      if (const auto then = shared->finish(mine)) then(true);
    });
  };
  return asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(initiate,
                                                                         asio::use_awaitable);
}

}  // namespace joist::wire
