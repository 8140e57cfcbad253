#include "installer/attempt_limiter.h"

#include <gtest/gtest.h>

namespace joist::installer {
namespace {

using std::chrono::seconds;

TEST(AttemptLimiter, LetsABurstThroughThenAFewAMinute) {
  AttemptLimiter limiter({.burst = 3, .per_second = 0.1});
  BootTime now = seconds{100};
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(limiter.wait("a", now), seconds{0}) << attempt;
    limiter.charge("a", now);
  }
  EXPECT_EQ(limiter.wait("a", now), seconds{10});
  EXPECT_EQ(limiter.wait("b", now), seconds{0});
  now += seconds{9};
  EXPECT_EQ(limiter.wait("a", now), seconds{1});
  now += seconds{1};
  EXPECT_EQ(limiter.wait("a", now), seconds{0});
  limiter.charge("a", now);
  EXPECT_EQ(limiter.wait("a", now), seconds{10});
}

TEST(AttemptLimiter, KeepsABoundedNumberOfKeys) {
  AttemptLimiter limiter({.burst = 2, .per_second = 0.001, .keys_max = 100});
  for (int key = 0; key < 10'000; ++key) {
    limiter.charge(std::to_string(key), seconds{key});
    ASSERT_LE(limiter.keys(), 100U);
  }
  limiter.charge("9999", seconds{9999});
  EXPECT_GT(limiter.wait("9999", seconds{9999}), seconds{0}) << "the newest is remembered";
}

TEST(AddressKey, CountsAHostNotAPort) {
  EXPECT_EQ(address_key("192.0.2.7:51344"), "192.0.2.7");
  EXPECT_EQ(address_key("[::ffff:192.0.2.7]:51344"), "192.0.2.7");
  EXPECT_EQ(address_key("[2001:db8:1:2:3:4:5:6]:1"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_key("[2001:db8:1:2::9]:2"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_only("[2001:db8::1]:443"), "2001:db8::1");
  EXPECT_EQ(address_key("unix"), "unix");
}

}  // namespace
}  // namespace joist::installer
