#include "collectors/kernel/filefd.h"

#include <gtest/gtest.h>

namespace joist::collectors {
namespace {

TEST(FileNr, IsThreeNumbers) {
  const auto handles = parse_file_nr("1348\t0\t9223372036854775807\n");
  ASSERT_TRUE(handles);
  EXPECT_EQ(handles->allocated, 1348U);
  EXPECT_EQ(handles->maximum, 9223372036854775807U);
  for (const char* text : {"", "1", "1 0", "1 0 x", "-1 0 9"}) {
    EXPECT_FALSE(parse_file_nr(text)) << text;
  }
}

}  // namespace
}  // namespace joist::collectors
