// One thread for one kind of blocking work. A kind whose job hangs refuses more
// of its own, and nothing else notices: the agent's disks and collectors and the
// installer's store each have a Worker of their own.
//
// Threads: all members are for the control thread (the io_context's). Jobs run
// on the worker's thread, one at a time, in order; it starts with the first.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/stuck.h"
#include "wire/asio.h"

namespace joist::wire {

class Worker {
 public:
  using Duration = std::chrono::steady_clock::duration;

  // At most `queue_max` jobs wait behind the one that runs.
  Worker(asio::io_context& io, std::string name, std::size_t queue_max);

  // Waits for the job under way for at most 0.3 s; a job that hangs is left to
  // the end of the process, which must not tidy up under it.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // The job's result. Unavailable if it is not there within `deadline` (the job
  // goes on, its result is dropped) or if the queue is full; Io if it threw. The
  // job owns all it uses: it may outlive the caller.
  template <typename T>
  Task<Result<T>> run(std::function<Result<T>()> job, Duration deadline) {
    auto slot = std::make_shared<std::optional<Result<T>>>();
    std::function<void()> work = [slot, job = std::move(job)] { slot->emplace(job()); };
    const auto done = co_await run_job(std::move(work), deadline);
    if (!done) co_return tl::unexpected<Error>(done.error());
    co_return std::move(**slot);
  }

  // Since when the job under way runs past the deadline it was given.
  std::optional<Stuck> stuck(SteadyTime now) const;

  const std::string& name() const;

 private:
  struct Lane;  // shared with the thread

  Task<Result<void>> run_job(std::function<void()> job, Duration deadline);

  std::shared_ptr<Lane> lane_;
};

}  // namespace joist::wire
