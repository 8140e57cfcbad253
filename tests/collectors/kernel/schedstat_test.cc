#include "collectors/kernel/schedstat.h"

#include <gtest/gtest.h>

namespace joist::collectors {
namespace {

TEST(SchedstatLine, EndsWithTimesAndSlices) {
  const auto cpu = parse_schedstat_line("cpu12 1 2 3 4 5 6 70 80 90 100");
  ASSERT_TRUE(cpu);
  EXPECT_EQ(cpu->number, "12");
  EXPECT_EQ(cpu->running_nanoseconds, 70U);
  EXPECT_EQ(cpu->waiting_nanoseconds, 80U);
  EXPECT_EQ(cpu->timeslices, 90U);
}

TEST(SchedstatLine, IsRefusedWhenItIsNone) {
  for (const char* line : {"", "cpu", "cpu1", "cpu1 1 2 3 4 5 6 7 8", "cpux 1 2 3 4 5 6 7 8 9",
                           "domain0 1 2 3 4 5 6 7 8 9", "cpu1 1 2 3 4 5 6 7 -8 9"}) {
    EXPECT_FALSE(parse_schedstat_line(line)) << line;
  }
}

}  // namespace
}  // namespace joist::collectors
