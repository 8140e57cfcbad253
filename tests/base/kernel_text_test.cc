// Goal: names from the kernel and from udev come out as they went in, and what is
// none is left alone.
#include <gtest/gtest.h>

#include "base/octal_escapes.h"
#include "base/trimmed.h"
#include "base/udev_data.h"

namespace joist {
namespace {

TEST(UnescapeOctal, LeavesWhatIsNoEscape) {
  EXPECT_EQ(unescape_octal("a\\"), "a\\");
  EXPECT_EQ(unescape_octal("\\04"), "\\04");
  EXPECT_EQ(unescape_octal("\\048"), "\\048");
  EXPECT_EQ(unescape_octal("\\777"), "\\777");
  EXPECT_EQ(unescape_octal("\\303\\274"), "\303\274");
}

TEST(UdevData, KeepsPropertiesAndLinks) {
  const auto data =
      parse_udev_data("S:disk/by-id/a\nE:A=1\nE:B=x=y\nE:broken\nE:=\nG:tag\n\xff\xfe\nE:C=");
  using Property = std::pair<std::string, std::string>;
  EXPECT_EQ(data.properties,
            (std::vector<Property>{{"A", "1"}, {"B", "x=y"}, {"", ""}, {"C", ""}}));
  EXPECT_EQ(data.links, std::vector<std::string>{"disk/by-id/a"});
}

TEST(Trimmed, TakesAwayWhatSurrounds) {
  EXPECT_EQ(trimmed(" \ta b\r\n"), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("xax", "x"), "a");
}

}  // namespace
}  // namespace joist
