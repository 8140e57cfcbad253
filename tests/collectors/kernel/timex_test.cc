#include "collectors/kernel/timex.h"

#include <gtest/gtest.h>

namespace joist::collectors {
namespace {

constexpr std::size_t kFrequency = 1;
constexpr std::size_t kOffset = 4;
constexpr std::size_t kSynchronised = 14;

TEST(Timex, CountsInMicrosecondsOrNanoseconds) {
  timex now{};
  now.offset = 1500;
  now.freq = 65536L * 1000;  // 1000 ppm
  now.status = 0;
  EXPECT_DOUBLE_EQ(timex_figures(now, TIME_OK)[kOffset], 0.0015);
  EXPECT_DOUBLE_EQ(timex_figures(now, TIME_OK)[kFrequency], 1.001);
  now.status = STA_NANO;
  EXPECT_DOUBLE_EQ(timex_figures(now, TIME_OK)[kOffset], 0.0000015);
}

TEST(Timex, IsNotSynchronisedWhileTheKernelSaysError) {
  EXPECT_EQ(timex_figures({}, TIME_ERROR)[kSynchronised], 0);
  EXPECT_EQ(timex_figures({}, TIME_INS)[kSynchronised], 1);
}

}  // namespace
}  // namespace joist::collectors
