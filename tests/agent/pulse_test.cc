#include "agent/pulse.h"

#include <gtest/gtest.h>

namespace joist::agent {
namespace {

using namespace std::chrono_literals;

TEST(Pulse, NamesTheLoopsPastTheirDeadline) {
  const SteadyTime start{100s};
  Pulse pulse;
  const auto quick = pulse.add("quick", 5s, start);
  pulse.add("slow", 60s, start);
  EXPECT_TRUE(pulse.stuck(start + 5s).empty());

  const auto stuck = pulse.stuck(start + 6s);
  ASSERT_EQ(stuck.size(), 1U);
  EXPECT_EQ(stuck[0].name, "quick");
  EXPECT_EQ(stuck[0].time, 6s);

  pulse.beat(quick, start + 6s);
  EXPECT_TRUE(pulse.stuck(start + 11s).empty());
  EXPECT_EQ(pulse.stuck(start + 61s).size(), 2U);
}

TEST(JudgeAgent, TellsLoopsFromWorkers) {
  const Stuck loop{"session", 90s};
  const Stuck worker{"disk probes", 20s};
  EXPECT_EQ(judge_agent({}, {}).status(), v1::CONDITION_STATUS_TRUE);

  const auto hung = judge_agent({}, {worker});
  EXPECT_EQ(hung.status(), v1::CONDITION_STATUS_FALSE);
  EXPECT_EQ(hung.reason(), "WorkerStuck");
  EXPECT_NE(hung.evidence().value().find("disk probes for 20 s"), std::string::npos);

  EXPECT_EQ(judge_agent({loop}, {worker}).reason(), "LoopStuck");
}

// The message of a lasting fault must not change every second: each change
// would be a delta to the installer.
TEST(JudgeAgent, KeepsItsMessageWhileNothingChangesButTime) {
  const auto one = judge_agent({}, {{"collectors", 20s}});
  const auto later = judge_agent({}, {{"collectors", 25s}});
  EXPECT_EQ(one.message(), later.message());
  EXPECT_NE(one.evidence().value(), later.evidence().value());
}

}  // namespace
}  // namespace joist::agent
