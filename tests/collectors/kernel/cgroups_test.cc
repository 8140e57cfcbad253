#include "collectors/kernel/cgroups.h"

#include <gtest/gtest.h>

namespace joist::collectors {
namespace {

TEST(CgroupsLine, IsANameAndThreeNumbers) {
  const auto memory = parse_cgroups_line("memory\t4\t58\t1");
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->controller, "memory");
  EXPECT_EQ(memory->groups, 58U);
  EXPECT_EQ(memory->enabled, 1U);
  for (const char* line : {"", "memory", "memory 4 58", "memory 4 58 x", "memory -4 58 1"}) {
    EXPECT_FALSE(parse_cgroups_line(line)) << line;
  }
}

}  // namespace
}  // namespace joist::collectors
