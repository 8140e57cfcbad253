// Logs what was refused, but no more than so much of it: whoever can connect
// must not be able to fill the journal.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string_view>

#include "base/result.h"

namespace joist::helper {

class RefusalLog {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // At most kBurst lines at once, and one more every kInterval. What was left
  // out is counted in the next line.
  static constexpr int kBurst = 10;
  static constexpr std::chrono::seconds kInterval{6};

  // `uid`, `pid`: the peer. Returns whether a line was written.
  bool refused(const Error& why, uid_t uid, pid_t pid, Time now);

 private:
  int tokens_ = kBurst;
  Time refilled_{};
  int left_out_ = 0;
};

}  // namespace joist::helper
