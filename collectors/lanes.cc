#include "collectors/lanes.h"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"

namespace joist::collectors {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFarewell{300};

struct Source {
  enum class State { Idle, Running, Stuck };

  explicit Source(std::unique_ptr<Collector> one) : collector(std::move(one)) {}

  // The lane's while it runs, and the control thread's otherwise.
  std::unique_ptr<Collector> collector;
  Exposition page;

  // Under the mutex.
  State state = State::Idle;
  bool wanted = false;
  bool succeeded = false;
  bool failing = false;  // as last logged
  Clock::time_point began;
  double duration_seconds = 0;
  unsigned late = 0;  // how often in a row
  Clock::time_point not_before;
};

// The host has what it had at the last scrape, or it never had it: neither is news.
void log_change(Source& source, const Result<void>& outcome) {
  const bool fails = !outcome && outcome.error().code != ErrorCode::NotFound;
  if (fails && !source.failing) {
    log(Priority::Warning, "metrics: a collector fails; its families are missing from the page",
        outcome.error(), {{"collector", std::string(source.collector->name())}});
  } else if (!fails && source.failing) {
    log(Priority::Notice, "metrics: a collector works again",
        {{"collector", std::string(source.collector->name())}});
  }
  source.failing = fails;
}

Result<void> collect(Source& source) {
  source.page.clear();
  try {
    return source.collector->collect(source.page);
  } catch (const std::exception& error) {
    return fail(ErrorCode::Io, error.what());
  }
}

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

std::chrono::seconds pause_after(unsigned late) {
  if (late < 2) return {};
  const auto doubled = Lanes::kPause * (1U << std::min(late - 2, 10U));
  return std::min<std::chrono::seconds>(doubled, Lanes::kPauseMax);
}

}  // namespace

struct Lanes::Shared {
  std::vector<std::unique_ptr<Source>> sources;  // the list itself never changes
  std::chrono::milliseconds patience_min{1000};

  std::mutex mutex;
  std::condition_variable work;      // for the lane: a round was begun, or all is over
  std::condition_variable progress;  // for wait() and the end
  bool open = false;                 // a round is under way
  std::uint64_t round = 0;           // its number, or that of the last
  std::size_t next = 0;              // of the round: whom nobody has asked yet
  Source* running = nullptr;
  Clock::time_point end;
  std::function<void()> done;

  std::uint64_t lane = 0;  // the current one's number; the others have been left alone
  bool has_lane = false;
  std::size_t threads = 0;
  std::size_t stuck = 0;
  bool over = false;

  // Call the rest with the mutex held.

  // When the one that runs has had its time.
  Clock::time_point due() const {
    return running == nullptr ? end
                              : std::min(end, running->began + running->collector->patience());
  }

  // When to look again: others will run by then, so never later than the least patience.
  Clock::time_point next_look(Clock::time_point now) const {
    return std::min(due(), now + patience_min);
  }

  Source* take(Clock::time_point now) {
    while (next < sources.size()) {
      Source& source = *sources[next++];
      if (source.wanted && source.state == Source::State::Idle && now >= source.not_before) {
        return &source;
      }
    }
    return nullptr;
  }

  void finish(Source& source, const Result<void>& outcome, Clock::time_point now) {
    source.state = Source::State::Idle;
    source.duration_seconds = seconds(now - source.began);
    source.succeeded = outcome.has_value();
    source.late = 0;
    log_change(source, outcome);
  }

  // It came back after all; what it wrote is worth nothing any more.
  void finish_late(Source& source, Clock::time_point now) {
    source.state = Source::State::Idle;
    source.duration_seconds = seconds(now - source.began);
    const auto pause = pause_after(source.late);
    source.not_before = now + pause;
    --stuck;
    if (pause.count() == 0) return;
    log(Priority::Warning, "metrics: a collector was late again, and is left alone for a while",
        {{"collector", std::string(source.collector->name())},
         {"seconds", std::to_string(pause.count())}});
  }

  void abandon(Clock::time_point now) {
    Source& source = *std::exchange(running, nullptr);
    source.state = Source::State::Stuck;
    // Somebody in a great hurry does not make it late.
    if (now >= source.began + source.collector->patience()) ++source.late;
    ++stuck;
    ++lane;
    has_lane = false;
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - source.began);
    log_change(source, fail(ErrorCode::Unavailable,
                            "no answer within " + std::to_string(waited.count()) + " ms"));
  }

  // The round as far as this lane comes. False: it was left alone, maybe before it began.
  bool serve_round(std::unique_lock<std::mutex>& lock, std::uint64_t number) {
    auto now = Clock::now();
    while (Source* const source = open && lane == number ? take(now) : nullptr) {
      source->state = Source::State::Running;
      source->began = now;
      running = source;
      lock.unlock();
      const auto outcome = collect(*source);
      now = Clock::now();
      lock.lock();
      if (lane != number) {
        finish_late(*source, now);
        return false;
      }
      running = nullptr;
      finish(*source, outcome, now);
    }
    if (open && lane == number) end_round(lock);
    return lane == number;
  }

  void serve_rounds(std::unique_lock<std::mutex>& lock, std::uint64_t number) {
    while (!over && serve_round(lock, number)) {
      work.wait(lock, [&] { return over || (open && next == 0) || lane != number; });
      if (lane != number) return;
    }
  }

  // Woken with the mutex held, they would only wait for it.
  void end_round(std::unique_lock<std::mutex>& lock) {
    open = false;
    const auto tell = std::move(done);
    done = nullptr;
    lock.unlock();
    progress.notify_all();
    if (tell) tell();
    lock.lock();
  }
};

namespace {

template <typename Shared>
bool start_lane(const std::shared_ptr<Shared>& shared) {
  if (shared->stuck >= Lanes::kStuckMax) return false;
  try {
    std::thread([shared, number = shared->lane] {
      std::unique_lock lock(shared->mutex);
      shared->serve_rounds(lock, number);
      if (shared->lane == number) shared->has_lane = false;
      --shared->threads;
      shared->progress.notify_all();
    }).detach();
  } catch (const std::system_error& error) {
    log(Priority::Warning, "metrics: no thread to collect on", {{"error", error.what()}});
    return false;
  }
  ++shared->threads;
  shared->has_lane = true;
  return true;
}

}  // namespace

Lanes::Lanes(std::vector<std::unique_ptr<Collector>> collectors)
    : shared_(std::make_shared<Shared>()) {
  for (auto& collector : collectors) {
    shared_->patience_min = std::min(shared_->patience_min, collector->patience());
    shared_->sources.push_back(std::make_unique<Source>(std::move(collector)));
  }
}

Lanes::~Lanes() {
  std::unique_lock lock(shared_->mutex);
  shared_->over = true;
  shared_->done = nullptr;
  shared_->work.notify_all();
  shared_->progress.wait_for(lock, kFarewell, [&] { return shared_->threads <= shared_->stuck; });
}

std::size_t Lanes::size() const { return shared_->sources.size(); }

Collector& Lanes::collector(std::size_t index) const { return *shared_->sources[index]->collector; }

std::uint64_t Lanes::open(const std::vector<bool>& wanted, Time end) {
  Shared& shared = *shared_;
  const std::lock_guard lock(shared.mutex);
  assert(!shared.open);
  assert(wanted.empty() || wanted.size() == shared.sources.size());
  for (std::size_t i = 0; i < shared.sources.size(); ++i) {
    Source& source = *shared.sources[i];
    source.wanted = wanted.empty() || wanted[i];
    source.succeeded = false;
    if (source.state == Source::State::Idle) source.duration_seconds = 0;
  }
  shared.next = 0;
  shared.end = end;
  shared.open = true;
  return ++shared.round;
}

void Lanes::start() {
  Shared& shared = *shared_;
  std::unique_lock lock(shared.mutex);
  if (shared.has_lane || start_lane(shared_)) {
    lock.unlock();
    shared.work.notify_all();
  } else {
    shared.next = shared.sources.size();
    shared.end_round(lock);
  }
}

void Lanes::serve(std::uint64_t round) {
  const auto shared = shared_;  // it may hang for longer than this lives
  std::unique_lock lock(shared->mutex);
  if (!shared->open || shared->round != round) return;
  if (shared->stuck >= kStuckMax) {
    shared->next = shared->sources.size();
    log(Priority::Error, "metrics: no collector is asked: too many hang",
        {{"hang", std::to_string(shared->stuck)}});
  }
  if (std::exchange(shared->has_lane, false)) shared->work.notify_all();  // for it to end
  shared->serve_round(lock, ++shared->lane);
}

std::optional<Lanes::Time> Lanes::check(Time now) {
  Shared& shared = *shared_;
  const std::unique_lock lock(shared.mutex);
  if (!shared.open) return std::nullopt;
  if (now < shared.due()) return shared.next_look(now);
  if (shared.running != nullptr) shared.abandon(now);
  const bool goes_on = now < shared.end && (shared.has_lane || start_lane(shared_));
  if (goes_on) return shared.next_look(now);
  shared.next = shared.sources.size();
  shared.open = false;
  shared.done = nullptr;
  return std::nullopt;
}

void Lanes::hurry(Time end) {
  const std::lock_guard lock(shared_->mutex);
  shared_->end = std::min(shared_->end, end);
}

void Lanes::when_through(std::function<void()> tell) {
  std::unique_lock lock(shared_->mutex);
  if (shared_->open) {
    shared_->done = std::move(tell);
    return;
  }
  lock.unlock();
  tell();
}

void Lanes::wait() {
  Shared& shared = *shared_;
  for (;;) {
    const auto due = check(Clock::now());
    if (!due) return;
    std::unique_lock lock(shared.mutex);
    shared.progress.wait_until(lock, *due, [&] { return !shared.open; });
  }
}

void Lanes::outcomes(std::vector<Outcome>& all) const {
  const std::lock_guard lock(shared_->mutex);
  all.clear();
  for (const auto& source : shared_->sources) {
    Outcome outcome{.asked = source->wanted,
                    .succeeded = source->succeeded,
                    .duration_seconds = source->state == Source::State::Stuck
                                            ? seconds(Clock::now() - source->began)
                                            : source->duration_seconds};
    if (source->succeeded) outcome.text = source->page.text();
    all.push_back(outcome);
  }
}

std::size_t Lanes::stuck() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->stuck;
}

}  // namespace joist::collectors
