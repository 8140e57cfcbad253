#include "agent/accept_encoding.h"

#include <gtest/gtest.h>

namespace joist::agent {
namespace {

TEST(PrefersGzip, FollowsTheWeights) {
  const struct {
    const char* header;
    bool gzip;
  } cases[] = {
      {"", false},
      {"gzip", true},
      {"GZIP", true},
      {"x-gzip", true},
      {"deflate, br", false},
      {"gzip, deflate, br", true},
      {"gzip;q=0", false},
      {"gzip;q=0.000", false},
      {"gzip;q=0.001", true},
      {"gzip; q=0.5 , identity; q=0.9", false},
      {"identity;q=0.5, gzip;q=1.0", true},
      {"*", true},
      {"*;q=0", false},
      {"gzip;q=0, *", false},
      {"identity, *;q=0.1", false},
      {"gzip;q=2", false},
      {"gzip;q=x", false},
      {"gzip;q=", false},
      {"gzip;level=9;q=1", true},
      {";q=1,,,", false},
      {"gzip;q=-1", false},
      {"gzip;q=1e0", false},
  };
  for (const auto& one : cases) EXPECT_EQ(prefers_gzip(one.header), one.gzip) << one.header;
}

}  // namespace
}  // namespace joist::agent
