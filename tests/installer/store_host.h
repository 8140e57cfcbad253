// A store and its worker in a directory of their own, and the loop to ask it from.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "installer/store_worker.h"
#include "tests/support/temp_root.h"

namespace joist::installer {

class StoreHost {
 public:
  explicit StoreHost(std::chrono::milliseconds the_deadline = StoreWorker::kDeadline)
      : deadline(the_deadline) {}

  // Runs `task` to its end.
  template <typename T>
  T wait(wire::Task<T> task) {
    std::optional<T> got;
    wire::asio::co_spawn(io, std::move(task), [&got](const std::exception_ptr& error, T value) {
      if (error) std::rethrow_exception(error);
      got = std::move(value);
    });
    io.restart();
    io.run_for(std::chrono::seconds(20));
    if (!got) throw std::runtime_error("nothing came within 20 s");
    return std::move(*got);
  }

  template <typename Question>
  auto ask(const Question& question) {
    return wait(worker.ask(question));
  }

  std::string path() const { return (directory_.path() / "installer.db").string(); }

  const std::chrono::milliseconds deadline;
  wire::asio::io_context io{1};
  SystemClock clock;
  Metrics metrics;

 private:
  support::TempRoot directory_;

 public:
  StoreWorker worker{io, Store::open(path()).value(), metrics, clock, deadline};
};

}  // namespace joist::installer
