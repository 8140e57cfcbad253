// An event loop on which work may be done that may hang, at no cost while it does not.
//
// One thread at a time runs the io_context. What may hang (reading what a driver answers) is done
// on that very thread: to hand it to another is to wake a CPU twice, which costs more than all that
// is read. When the work is not back within kPatience, another thread goes on with the loop, and
// the one that works leaves it, to stand by for the next time once it is back.
//
// Handlers therefore run on changing threads, but one after another, and each sees what those
// before it wrote. Only late work still runs beside them.
// Threads: run() on one; work() in handlers. The io_context may have the concurrency hint 1.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "wire/asio.h"

namespace joist::wire {

class Loop {
 public:
  static constexpr std::chrono::milliseconds kPatience{20};

  // Throws std::system_error without a descriptor to be had, as io_context does.
  explicit Loop(asio::io_context& io);
  ~Loop();  // waits for late work: threads in it are inside the io_context
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  asio::io_context& io() const;

  // Runs the loop until it is stopped or has nothing to wait for, late work included; then calls
  // `after`, once, with what a handler threw if that ended it, else empty. That may be on another
  // thread while this one hangs in its work: a program that must end does so in `after`. Returns
  // when `after` has and this thread is back. May be called again after that.
  using After = std::function<void(const std::string& failure)>;
  void run(After after);

  // Does `work`, which may not throw, in a handler of its own. True when it is done; false as soon
  // as the loop goes on without it, which may be when it has just ended.
  Task<bool> work(std::function<void()> work);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // with threads that may never end
};

}  // namespace joist::wire
