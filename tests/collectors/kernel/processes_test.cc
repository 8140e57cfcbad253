#include "collectors/kernel/processes.h"

#include <gtest/gtest.h>

namespace joist::collectors {
namespace {

TEST(TaskLine, SurvivesAnyCommandName) {
  const auto task = parse_task_line(
      "310 (a) R 9 (\n) S 1 310 310 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 17 0 11 22 33\n");
  ASSERT_TRUE(task);
  EXPECT_EQ(task->state, 'S');
  EXPECT_EQ(task->threads, 17U);
}

TEST(TaskLine, IsRefusedWhenItIsNone) {
  for (const char* text : {"", "1 (x", "1 (x)", "1 (x) S",
                           "1 (x) 9 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 0 "
                           "0 20 0 1 0",
                           "1 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0", "1 (x) \xff 1"}) {
    EXPECT_FALSE(parse_task_line(text)) << text;
  }
}

}  // namespace
}  // namespace joist::collectors
