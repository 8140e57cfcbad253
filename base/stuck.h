// Something that had to move and did not, and for how long. By the steady clock,
// which stands still in suspend, as systemd's watchdog does.
#pragma once

#include <chrono>
#include <string>

namespace joist {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Stuck {
  std::string name;
  std::chrono::seconds time{};
};

}  // namespace joist
