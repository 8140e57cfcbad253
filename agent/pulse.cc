#include "agent/pulse.h"

#include <utility>

namespace joist::agent {
namespace {

std::string list(const std::vector<Stuck>& stuck) {
  std::string text;
  for (const Stuck& one : stuck) {
    text +=
        (text.empty() ? "" : ", ") + one.name + " for " + std::to_string(one.time.count()) + " s";
  }
  return text;
}

std::string names(const std::vector<Stuck>& stuck) {
  std::string text;
  for (const Stuck& one : stuck) text += (text.empty() ? "" : ", ") + one.name;
  return text;
}

}  // namespace

Pulse::Loop Pulse::add(std::string name, std::chrono::steady_clock::duration deadline,
                       SteadyTime now) {
  loops_.push_back({std::move(name), deadline, now});
  return loops_.size() - 1;
}

std::vector<Stuck> Pulse::stuck(SteadyTime now) const {
  std::vector<Stuck> stuck;
  for (const State& loop : loops_) {
    if (now - loop.moved <= loop.deadline) continue;
    stuck.push_back(
        {loop.name, std::chrono::duration_cast<std::chrono::seconds>(now - loop.moved)});
  }
  return stuck;
}

v1::Condition judge_agent(const std::vector<Stuck>& loops, const std::vector<Stuck>& workers) {
  v1::Condition condition;
  condition.set_type("AgentHealthy");
  condition.set_severity(v1::SEVERITY_BLOCKING);
  condition.add_blocks("*");
  v1::Evidence& evidence = *condition.mutable_evidence();
  evidence.set_source("progress of the agent's loops and worker threads");
  evidence.set_threshold("none stuck");

  if (loops.empty() && workers.empty()) {
    evidence.set_value("none stuck");
    condition.set_status(v1::CONDITION_STATUS_TRUE);
    condition.set_reason("EverythingMoves");
    condition.set_message("every loop and worker thread makes progress");
    condition.set_remedy(v1::REMEDY_NONE);
  } else if (!loops.empty()) {
    evidence.set_value("stuck loops: " + list(loops));
    condition.set_status(v1::CONDITION_STATUS_FALSE);
    condition.set_reason("LoopStuck");
    condition.set_message("stuck: " + names(loops) + "; the watchdog restarts the agent");
    condition.set_remedy(v1::REMEDY_AUTOMATIC);
  } else {
    evidence.set_value("stuck workers: " + list(workers));
    condition.set_status(v1::CONDITION_STATUS_FALSE);
    condition.set_reason("WorkerStuck");
    condition.set_message("a disk, mount or program does not answer: " + names(workers) +
                          "; look for tasks in state D (`ps -eLo pid,stat,wchan:32,comm`)");
    condition.set_remedy(v1::REMEDY_NONE);
  }
  return condition;
}

}  // namespace joist::agent
