// Whether every loop of the agent still moves. Each says when it passed a point
// it must pass again within its deadline; the watchdog is fed, and AgentHealthy
// judged, by that alone.
//
// A job on a worker thread is no loop: one that hangs must not end the agent.
// It is evidence for AgentHealthy all the same (Stuck).
//
// Pure: time is an argument. The steady clock stands still in suspend, as the
// watchdog's does. Threads: the control thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/stuck.h"
#include "joist/v1/condition.pb.h"

namespace joist::agent {

class Pulse {
 public:
  using Loop = std::size_t;

  struct State {
    std::string name;
    std::chrono::steady_clock::duration deadline;
    SteadyTime moved;
  };

  // A loop that has to move at least every `deadline`; counts from `now`.
  Loop add(std::string name, std::chrono::steady_clock::duration deadline, SteadyTime now);

  void beat(Loop loop, SteadyTime now) { loops_[loop].moved = now; }

  // Loops past their deadline.
  std::vector<Stuck> stuck(SteadyTime now) const;

  const std::vector<State>& loops() const { return loops_; }

 private:
  std::vector<State> loops_;
};

// The condition AgentHealthy.
v1::Condition judge_agent(const std::vector<Stuck>& loops, const std::vector<Stuck>& workers);

}  // namespace joist::agent
