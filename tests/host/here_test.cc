// Goal: this very kernel can be read.
#include <gtest/gtest.h>

#include <algorithm>

#include "host/facts.h"
#include "host/time.h"
#include "network/links.h"

namespace joist {
namespace {

TEST(ThisHost, SaysWhatItIs) {
  const auto facts = host::observe_facts(SysRoot());
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_EQ(facts->boot_id.size(), 36U);
  EXPECT_GT(facts->cpus, 0U);
  EXPECT_GT(facts->memory_bytes, 0U);
  EXPECT_GT(facts->boot_time, std::chrono::hours(24));
}

TEST(ThisHost, SaysHowGoodItsClockIs) {
  const auto time = host::observe_time();
  ASSERT_TRUE(time.has_value()) << time.error().message;
  EXPECT_GE(time->error_max, std::chrono::microseconds(0));
}

TEST(ThisHost, HasALoopback) {
  const auto links = network::observe_links(SysRoot());
  ASSERT_TRUE(links.has_value()) << links.error().message;
  EXPECT_TRUE(std::ranges::any_of(*links, [](const auto& link) { return link.name == "lo"; }));
}

}  // namespace
}  // namespace joist
