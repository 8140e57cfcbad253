// Whether the store takes what is written to it, and what the journal is told of
// that: at once when it fails or recovers, once a minute while it fails, one way or the other.
// Pure.
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

  // A store that does not answer may be mended by waiting; one that cannot be written is not.
  enum class Trouble { Silent, Unwritable };

  News failed(Trouble trouble, const std::string& why, BootTime now);
  News succeeded();

  // "does not answer: …" or "cannot be written: …", of the store; none: it does and can.
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
