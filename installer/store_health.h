// Whether the store takes what is written to it, and what the journal is told of
// that: at once when it fails or recovers, once a minute while it fails. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "base/clock.h"

namespace joist::installer {

class StoreHealth {
 public:
  enum class News { None, Failed, StillFailing, Recovered };

  News failed(std::string why, BootTime now);
  News succeeded();

  // Why it cannot be written; none: it can.
  const std::optional<std::string>& fault() const { return fault_; }

  // Since it began to fail.
  std::size_t failures() const { return failures_; }

  static constexpr std::chrono::minutes kTellAgain{1};

 private:
  std::optional<std::string> fault_;
  BootTime told_{};
  std::size_t failures_ = 0;
};

}  // namespace joist::installer
