#include "helper/refusal_log.h"

#include <gtest/gtest.h>

namespace joist::helper {
namespace {

TEST(RefusalLog, WritesABurstAndThenNoMoreThanItsRate) {
  RefusalLog refusals;
  const Error why{ErrorCode::Malformed, "nonsense"};
  RefusalLog::Time now{std::chrono::hours(1)};
  int written = 0;
  for (int count = 0; count < 1000; ++count) written += refusals.refused(why, 1000, 1, now);
  EXPECT_EQ(written, RefusalLog::kBurst);

  for (int count = 0; count < 1000; ++count) {
    now += std::chrono::milliseconds(RefusalLog::kInterval) / 100;
    written += refusals.refused(why, 1000, 1, now);
  }
  EXPECT_EQ(written, RefusalLog::kBurst + 10);
}

}  // namespace
}  // namespace joist::helper
