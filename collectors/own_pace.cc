#include "collectors/own_pace.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace joist::collectors {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kFarewell{300};
constexpr milliseconds kFirstWait{500};  // less than Collector::patience()
constexpr milliseconds kGraceForOld{10'000};
constexpr int kPeriodsForOld = 3;
constexpr milliseconds kSlow{200};
constexpr int kSlowReadings = 2;     // one may be a busy moment of the host
constexpr int kPeriodsUnasked = 10;  // after which the thread waits to be asked

}  // namespace

struct OwnPace::Shared {
  Shared(std::unique_ptr<Collector> one, milliseconds period)
      : collector(std::move(one)), every(period) {}

  const std::unique_ptr<Collector> collector;
  const milliseconds every;
  Exposition fresh;  // the thread's alone

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  Exposition shown;
  Result<void> outcome = fail(ErrorCode::Unavailable, "the first reading has not ended");
  std::optional<Clock::time_point> taken;  // when the reading in `shown` began
  Clock::time_point asked;
  bool has_thread = false;
  bool over = false;

  bool is_fresh(Clock::time_point now) const {
    return taken && now - *taken < kPeriodsForOld * every + kGraceForOld;
  }

  void serve() {
    std::unique_lock lock(mutex);
    while (!over) {
      const auto began = Clock::now();
      lock.unlock();
      auto result = read();
      lock.lock();
      std::swap(fresh, shown);
      outcome = std::move(result);
      taken = began;
      changed.notify_all();
      changed.wait_until(lock, began + every, [&] { return over; });
      const auto silence = Clock::now() - kPeriodsUnasked * every;
      if (asked < silence) changed.wait(lock, [&] { return over || asked >= silence; });
    }
    has_thread = false;
    changed.notify_all();
  }

  Result<void> read() {
    fresh.clear();
    try {
      return collector->collect(fresh);
    } catch (const std::exception& error) {
      return fail(ErrorCode::Io, error.what());
    }
  }
};

OwnPace::OwnPace(std::unique_ptr<Collector> collector, milliseconds every, Begin begin)
    : shared_(std::make_shared<Shared>(std::move(collector), every)),
      slow_readings_(begin == Begin::AtOnce ? kSlowReadings : 0) {}

OwnPace::~OwnPace() {
  std::unique_lock lock(shared_->mutex);
  shared_->over = true;
  shared_->changed.notify_all();
  shared_->changed.wait_for(lock, kFarewell, [&] { return !shared_->has_thread; });
}

std::string_view OwnPace::name() const { return shared_->collector->name(); }

// Not on the thread, which is not there yet.
Result<void> OwnPace::read_for_page(Exposition& page) {
  const auto began = Clock::now();
  auto outcome = shared_->collector->collect(page);
  slow_readings_ = Clock::now() - began < kSlow ? 0 : slow_readings_ + 1;
  return outcome;
}

Result<void> OwnPace::collect(Exposition& page) {
  if (slow_readings_ < kSlowReadings) return read_for_page(page);
  Shared& shared = *shared_;
  std::unique_lock lock(shared.mutex);
  const auto now = Clock::now();
  const bool slept = shared.asked < now - kPeriodsUnasked * shared.every;
  shared.asked = now;
  if (!shared.has_thread) {
    try {
      std::thread([kept = shared_] { kept->serve(); }).detach();
    } catch (const std::system_error& error) {
      return fail(ErrorCode::Unavailable, std::string("no thread to read on: ") + error.what());
    }
    shared.has_thread = true;
  } else if (slept) {
    shared.changed.notify_all();
  }
  if (!shared.is_fresh(now)) {
    shared.changed.wait_for(lock, kFirstWait, [&] { return shared.is_fresh(Clock::now()); });
  }
  if (!shared.outcome) return shared.outcome;
  if (!shared.is_fresh(Clock::now())) {
    return fail(ErrorCode::Unavailable, "the last reading is too old: the source hangs");
  }
  page.append(shared.shown.text());
  return {};
}

std::optional<std::chrono::duration<double>> OwnPace::age() const {
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->taken) return std::nullopt;
  return Clock::now() - *shared_->taken;
}

}  // namespace joist::collectors
