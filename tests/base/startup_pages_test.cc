#include "base/startup_pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <regex>
#include <string>

#include "base/sys_root.h"

namespace joist {
namespace {

std::uint64_t file_pages_kib() {
  const auto status = SysRoot().read("/proc/self/status");
  EXPECT_TRUE(status.has_value());
  std::smatch match;
  EXPECT_TRUE(std::regex_search(*status, match, std::regex("RssFile:\\s+(\\d+) kB")));
  return std::stoull(match[1]);
}

TEST(StartupPages, AreGivenBackAndComeBackWhenNeeded) {
  const std::uint64_t before = file_pages_kib();
  give_back_startup_pages();
  const std::uint64_t after = file_pages_kib();  // brings back a part
  EXPECT_LT(after, before);
  EXPECT_EQ(std::regex_replace(std::string("still whole"), std::regex("still"), "all"),
            "all whole");
}

}  // namespace
}  // namespace joist
