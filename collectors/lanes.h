// Runs collectors one after another on one thread, a lane (reading sysfs from several at
// once locks some kernels up), and goes on without one that does not come back: its lane
// is left alone with it, and a new lane takes over the rest. The collector is not asked
// again until it returned, and where that happens twice in a row, only after a pause, so that what
// hangs costs the other collectors its time limit twice and not at every round. The lane may be the
// caller's own thread, which costs no waking of another.
//
// Each collector writes into a buffer of its own, which nobody reads while it may.
// Threads: one for control, which calls everything here, or one at a time; `tell` is called on a
// lane. Only serve() may run beside the rest.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/exposition.h"

namespace joist::collectors {

class Lanes {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // So many collectors may hang at once, each with a thread. When more do, all count as failed
  // until one returns. Whatever hangs for one reason (the lock on interfaces, a dead disk) is
  // fewer.
  static constexpr std::size_t kStuckMax = 32;

  // What a collector that came back late for the second time in a row is left alone for; doubles
  // each time, up to the second. Once may be a host that was busy or stood still.
  static constexpr std::chrono::seconds kPause{30};
  static constexpr std::chrono::seconds kPauseMax{600};

  // What became of a collector in the last round.
  struct Outcome {
    bool asked = false;  // it was part of the round
    bool succeeded = false;
    double duration_seconds = 0;  // of one that hangs: so far
    std::string_view text;        // if it succeeded; valid until the next round
  };

  explicit Lanes(std::vector<std::unique_ptr<Collector>> collectors);
  ~Lanes();  // does not wait for collectors that hang
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  std::size_t size() const;
  // Not to be used while it runs or hangs, but for what never changes.
  Collector& collector(std::size_t index) const;

  // Opens a round of the collectors with `wanted[index]` (empty: all), which is over at `end`
  // whatever hangs. Its number. The round before must be over.
  std::uint64_t open(const std::vector<bool>& wanted, Time end);

  // Then one of the two. start(): a lane of its own serves the round. serve(): this thread does,
  // and returns when the round is over or goes on without it; at once where it comes too late.
  void start();
  void serve(std::uint64_t round);

  // Leaves alone what has hung for too long. When to call it again; nothing: the round is over.
  std::optional<Time> check(Time now);

  // The round is over at `end` if that is earlier: somebody cannot wait for longer. Call check()
  // then.
  void hurry(Time end);

  // `tell` is called when the collectors are through, at once if they are; not where check() or the
  // end comes first.
  void when_through(std::function<void()> tell);

  // Until the round is over.
  void wait();

  // Of the last round, which must be over, into `all`: by the collectors' order.
  void outcomes(std::vector<Outcome>& all) const;

  // How many collectors hang now.
  std::size_t stuck() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // with the lanes, of which some may never end
};

}  // namespace joist::collectors
