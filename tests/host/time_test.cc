#include "host/time.h"

#include <gtest/gtest.h>

namespace joist::host {
namespace {

using namespace std::chrono_literals;

v1::TimeSpec half_a_second() {
  v1::TimeSpec spec;
  spec.mutable_error_max()->set_nanos(500'000'000);
  return spec;
}

TEST(JudgeTime, HoldsTheKernelsWordAgainstTheSpec) {
  const struct {
    const char* name;
    TimeObserved observed;
    v1::ConditionStatus status;
    const char* reason;
  } cases[] = {
      {"good", {true, 12ms, 0us}, v1::CONDITION_STATUS_TRUE, "ClockSynchronised"},
      {"at the limit", {true, 500ms, 0us}, v1::CONDITION_STATUS_TRUE, "ClockSynchronised"},
      {"past it", {true, 500001us, 0us}, v1::CONDITION_STATUS_FALSE, "ClockErrorTooLarge"},
      {"never set", {false, 16s, 16s}, v1::CONDITION_STATUS_FALSE, "ClockUnsynchronised"},
      {"small error, nobody minds it",
       {false, 1ms, 0us},
       v1::CONDITION_STATUS_FALSE,
       "ClockUnsynchronised"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    const auto condition = judge_time(one.observed, half_a_second());
    EXPECT_EQ(condition.type(), "TimeSynchronised");
    EXPECT_EQ(condition.status(), one.status);
    EXPECT_EQ(condition.reason(), one.reason);
    EXPECT_EQ(condition.severity(), v1::SEVERITY_BLOCKING);
  }
}

TEST(JudgeTime, ShowsWhatWasMeasuredAndWhatItWasHeldAgainst) {
  const auto condition = judge_time(TimeObserved{true, 12345us, 0us}, half_a_second());
  EXPECT_EQ(condition.evidence().value(), "synchronised, maxerror 0.012345 s");
  EXPECT_EQ(condition.evidence().threshold(), "synchronised, maxerror at most 0.5 s");
  EXPECT_EQ(condition.evidence().source(), "adjtimex(2)");
}

TEST(JudgeTime, IsUnknownWhereNothingWasObserved) {
  const Result<TimeObserved> refused = fail_errno(EPERM, "adjtimex");
  const auto condition = judge_time(refused, half_a_second());
  EXPECT_EQ(condition.status(), v1::CONDITION_STATUS_UNKNOWN);
  EXPECT_EQ(condition.reason(), "TimeNotObserved");
  EXPECT_EQ(condition.message(), "adjtimex: Operation not permitted");
}

}  // namespace
}  // namespace joist::host
