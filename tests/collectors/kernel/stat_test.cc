#include "collectors/kernel/stat.h"

#include <gtest/gtest.h>

namespace joist::collectors {
namespace {

TEST(SoftirqTotals, LeaveOutTheSum) {
  EXPECT_EQ(parse_softirq_totals("softirq 55 1 2 3 4 5 6 7 8 9 10 11"),
            (SoftirqTotals{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  for (const char* line : {"", "softirq", "softirq 1 2 3", "intr 55 1 2 3 4 5 6 7 8 9 10",
                           "softirq 55 1 2 3 4 5 6 7 8 9 x"}) {
    EXPECT_FALSE(parse_softirq_totals(line)) << line;
  }
}

}  // namespace
}  // namespace joist::collectors
