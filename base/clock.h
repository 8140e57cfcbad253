// Time as an argument. Pure code takes a Moment; only loops own a Clock.
#pragma once

#include <chrono>

namespace joist {

using WallTime = std::chrono::system_clock::time_point;  // shown to people, never ordered by
using BootTime = std::chrono::nanoseconds;  // CLOCK_BOOTTIME: since boot, sleep included

// One instant on both clocks. Intervals are taken on `boot` alone: the wall
// clock may jump.
struct Moment {
  WallTime wall;
  BootTime boot;
  bool operator==(const Moment&) const = default;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Moment now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Moment now() const override;
};

}  // namespace joist
