#include "collectors/kernel/os_release.h"

#include <gtest/gtest.h>

namespace joist::collectors {
namespace {

TEST(OsRelease, IsAssignmentsOfAShell) {
  const Assignments release = parse_os_release(
      "# comment=1\nNAME=Debian\n\n  ID='a \"b\"'  \nVERSION=\"1 \\\"x\\\" \\$y \\\\\"\nX=a b\n"
      "OPEN=\"no end\n=nothing\nBAD NAME=1\nEMPTY=\nLAST=\"\"");
  EXPECT_EQ(release, (Assignments{{"NAME", "Debian"},
                                  {"ID", "a \"b\""},
                                  {"VERSION", "1 \"x\" $y \\"},
                                  {"X", "a"},
                                  {"EMPTY", ""},
                                  {"LAST", ""}}));
}

TEST(OsVersion, IsMajorAndMinor) {
  EXPECT_EQ(os_version("24.04"), 24.04);
  EXPECT_EQ(os_version("12"), 12.0);
  EXPECT_EQ(os_version("9.4.1-beta"), 9.4);
  EXPECT_EQ(os_version("7."), 7.0);
  EXPECT_FALSE(os_version(""));
  EXPECT_FALSE(os_version("rolling"));
}

TEST(SupportEnd, IsADay) {
  EXPECT_EQ(parse_day("1970-01-02"), 86400);
  EXPECT_EQ(parse_day("2029-05-31"), 1874880000);
  for (const char* text : {"", "2029", "2029-02-30", "2029-13-01", "2029-5-31", "2029/05/31x"}) {
    EXPECT_FALSE(parse_day(text)) << text;
  }
}

}  // namespace
}  // namespace joist::collectors
