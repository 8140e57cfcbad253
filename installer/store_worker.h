// The store on a thread of its own, so that a slow disk holds up nothing but
// what asks the store. What is asked runs in the order in which it was asked.
//
// A write that the store cannot make is told to the journal, the metrics and
// /healthz here, and comes back as Unavailable: nothing of it was stored. A
// question that got no answer in time comes back as Unavailable too, but may have been
// answered, and its write made, later: whoever asks must be safe in both cases.
//
// Threads: the control thread's, but for the questions themselves.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "installer/metrics.h"
#include "installer/store.h"
#include "installer/store_health.h"
#include "wire/asio.h"
#include "wire/worker.h"

namespace joist::installer {

class StoreWorker {
 public:
  // `metrics` and `clock` must outlive this.
  StoreWorker(wire::asio::io_context& io, Store store, Metrics& metrics, const Clock& clock,
              std::chrono::milliseconds deadline = kDeadline);

  // The answer of `question(Store&)`, a Result<T>. The question owns all it uses:
  // it may outlive the caller. It must have a name (see wire/asio.h), hence the
  // reference. Unavailable also if no answer comes within the deadline.
  template <typename Question>
  auto ask(Question& question) -> wire::Task<std::invoke_result_t<Question&, Store&>> {
    using Answer = std::invoke_result_t<Question&, Store&>;
    std::function<Answer(Store&)> named(question);
    return ask_named<Answer>(std::move(named));
  }

  // A change whose end nobody waits for.
  void tell(std::function<Result<void>(Store&)> change);

  // Store::check(), now. What it counts is kept (counts()).
  wire::Task<Result<StoreCounts>> check();

  // As last counted.
  const StoreCounts& counts() const { return counts_; }

  // "does not answer: …" or "cannot be written: …"; none: neither, as far as is known.
  const std::optional<std::string>& fault() const { return health_.fault(); }

  // Whether the thread gave an answer within the deadline when it was last asked.
  bool moves() const { return moves_; }

  static constexpr std::chrono::seconds kDeadline{10};

 private:
  template <typename Answer>
  struct Told {
    Answer answer;
    std::vector<StoreWrite> writes;
  };

  template <typename Answer>
  wire::Task<Answer> ask_named(std::function<Answer(Store&)> question) {
    std::function<Result<Told<Answer>>()> job = [store = store_, question = std::move(question)]() {
      Answer answer = question(*store);
      return Result<Told<Answer>>(Told<Answer>{std::move(answer), store->take_writes()});
    };
    auto told = co_await worker_.run<Told<Answer>>(std::move(job), deadline_);
    moves_ = told.has_value();
    if (!told) {
      note_failure(StoreHealth::Trouble::Silent, "no answer", told.error().message);
      co_return tl::unexpected<Error>(told.error());
    }
    const bool stored = note(told->writes);
    if (!stored && !told->answer) co_return not_stored(told->answer.error());
    co_return std::move(told->answer);
  }

  bool note(const std::vector<StoreWrite>& writes);  // whether all were made
  void note_failure(StoreHealth::Trouble trouble, const std::string& what, const std::string& why);
  static tl::unexpected<Error> not_stored(const Error& error);

  wire::asio::io_context& io_;
  std::shared_ptr<Store> store_;  // the thread's alone
  Metrics& metrics_;
  const Clock& clock_;
  StoreHealth health_;
  StoreCounts counts_;
  bool moves_ = true;
  std::chrono::milliseconds deadline_;
  wire::Worker worker_;
};

}  // namespace joist::installer
