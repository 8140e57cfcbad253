#include "agent/backoff.h"

#include <gtest/gtest.h>

#include <climits>

namespace joist::agent {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToTheCap) {
  EXPECT_EQ(backoff(0, 1.0), 1s);
  EXPECT_EQ(backoff(1, 1.0), 2s);
  EXPECT_EQ(backoff(5, 1.0), 32s);
  EXPECT_EQ(backoff(6, 1.0), 60s);
  EXPECT_EQ(backoff(UINT_MAX, 1.0), 60s);
}

// Full jitter: evenly from nothing at all.
TEST(Backoff, SpreadsOverAllOfIt) {
  EXPECT_EQ(backoff(6, 0.0), 0s);
  EXPECT_EQ(backoff(6, 0.5), 30s);
}

}  // namespace
}  // namespace joist::agent
