#include "base/printable.h"

#include <gtest/gtest.h>

namespace joist {
namespace {

TEST(Printable, KeepsAsciiAndShowsTheRest) {
  EXPECT_EQ(printable("WDC WD40", 80), "WDC WD40");
  EXPECT_EQ(printable("a\n\x1b[31m\x7f\xff", 80), "a\\x0a\\x1b[31m\\x7f\\xff");
  EXPECT_EQ(printable(std::string_view("\0", 1), 80), "\\x00");
}

TEST(Printable, IsNeverLongerThanAllowed) {
  EXPECT_EQ(printable("abcdef", 3), "abc");
  EXPECT_EQ(printable("ab\n", 5), "ab");
  EXPECT_EQ(printable("abc", 0), "");
}

}  // namespace
}  // namespace joist
