#include "base/clock.h"

#include <ctime>

namespace joist {

Moment SystemClock::now() const {
  timespec since_boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &since_boot);  // cannot fail: the clock exists since 2.6.39
  return {std::chrono::system_clock::now(),
          std::chrono::seconds(since_boot.tv_sec) + std::chrono::nanoseconds(since_boot.tv_nsec)};
}

}  // namespace joist
