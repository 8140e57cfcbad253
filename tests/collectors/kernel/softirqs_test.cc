#include "collectors/kernel/softirqs.h"

#include <gtest/gtest.h>

namespace joist::collectors {
namespace {

TEST(SoftirqLine, IsAKindAndCounts) {
  const auto timer = parse_softirq_line("       TIMER:  424191134  3");
  ASSERT_TRUE(timer);
  EXPECT_EQ(timer->kind, "TIMER");
  EXPECT_EQ(timer->counts, "  424191134  3");
  for (const char* line : {"", "TIMER 1 2", ": 1 2"}) EXPECT_FALSE(parse_softirq_line(line));
}

}  // namespace
}  // namespace joist::collectors
