#include "wire/worker.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

namespace joist::wire {
namespace {

constexpr std::chrono::milliseconds kFarewell{300};

using Clock = std::chrono::steady_clock;

struct Job {
  std::uint64_t id = 0;
  std::function<void()> work;
  SteadyTime deadline;
};

// Where a caller waits. In its coroutine's frame: no job holds a thing of Asio's.
struct Wait {
  asio::steady_timer timer;
  std::optional<Result<void>> outcome;
};

Result<void> attempt(const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorCode::Io, error.what());
  }
}

}  // namespace

struct Worker::Lane {
  Lane(asio::io_context& context, std::string lane_name, std::size_t waiting_max)
      : io(context), name(std::move(lane_name)), queue_max(waiting_max) {}

  asio::io_context& io;
  const std::string name;
  const std::size_t queue_max;

  // The control thread's alone.
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, Wait*> waits;

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::deque<Job> queue;
  std::optional<SteadyTime> running_since;
  SteadyTime running_deadline;
  bool has_thread = false;
  bool ending = false;

  void finish(std::uint64_t id, Result<void> outcome) {
    const auto wait = waits.find(id);
    if (wait == waits.end()) return;
    wait->second->outcome = std::move(outcome);
    wait->second->timer.cancel();
  }

  // The thread's life. Holds the lane; touches `io` only while not ending.
  static void serve(const std::shared_ptr<Lane>& lane) {
    std::unique_lock lock(lane->mutex);
    for (;;) {
      lane->changed.wait(lock, [&] { return lane->ending || !lane->queue.empty(); });
      if (lane->ending) break;
      Job job = std::move(lane->queue.front());
      lane->queue.pop_front();
      lane->running_since = Clock::now();
      lane->running_deadline = job.deadline;
      lock.unlock();
      auto outcome = attempt(job.work);
      const auto id = job.id;
      job = {};  // what the job owned goes before it counts as done
      lock.lock();
      lane->running_since.reset();
      if (lane->ending) break;
      asio::post(lane->io, [lane, id, outcome = std::move(outcome)]() mutable {
        lane->finish(id, std::move(outcome));
      });
    }
    lane->has_thread = false;
    lane->changed.notify_all();
  }
};

Worker::Worker(asio::io_context& io, std::string name, std::size_t queue_max)
    : lane_(std::make_shared<Lane>(io, std::move(name), queue_max)) {}

Worker::~Worker() {
  std::unique_lock lock(lane_->mutex);
  lane_->ending = true;
  lane_->queue.clear();
  lane_->changed.notify_all();
  lane_->changed.wait_for(lock, kFarewell, [&] { return !lane_->has_thread; });
}

std::optional<Stuck> Worker::stuck(SteadyTime now) const {
  const std::lock_guard lock(lane_->mutex);
  if (!lane_->running_since || now <= lane_->running_deadline) return std::nullopt;
  return Stuck{lane_->name,
               std::chrono::duration_cast<std::chrono::seconds>(now - *lane_->running_since)};
}

const std::string& Worker::name() const { return lane_->name; }

Task<Result<void>> Worker::run_job(std::function<void()> job, Duration deadline) {
  const std::shared_ptr<Lane> lane = lane_;  // the frame may outlive the Worker
  const std::uint64_t id = ++lane->last_id;
  {
    const std::lock_guard lock(lane->mutex);
    if (lane->queue.size() >= lane->queue_max) {
      co_return fail(ErrorCode::Unavailable, lane->name +
                                                 " is busy: " + std::to_string(lane->queue.size()) +
                                                 " jobs wait behind one that has not ended");
    }
    lane->queue.push_back({id, std::move(job), Clock::now() + deadline});
    if (!lane->has_thread) {
      try {
        std::thread([lane] { Lane::serve(lane); }).detach();
      } catch (const std::system_error& refused) {
        lane->queue.pop_back();
        co_return fail(ErrorCode::Unavailable,
                       lane->name + " got no thread: " + std::string(refused.what()));
      }
      lane->has_thread = true;
    }
    lane->changed.notify_all();
  }

  Wait wait{asio::steady_timer(lane->io, deadline), std::nullopt};
  lane->waits[id] = &wait;
  const auto forget = [&](Wait*) { lane->waits.erase(id); };
  const std::unique_ptr<Wait, decltype(forget)> registration(&wait, forget);
  boost::system::error_code ignored;
  co_await wait.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (wait.outcome) co_return std::move(*wait.outcome);

  const std::lock_guard lock(lane->mutex);
  std::erase_if(lane->queue, [&](const Job& one) { return one.id == id; });
  co_return fail(
      ErrorCode::Unavailable,
      lane->name + " gave no answer within " +
          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(deadline).count()) +
          " s");
}

}  // namespace joist::wire
