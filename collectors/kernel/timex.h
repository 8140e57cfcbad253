// The kernel's clock discipline: how far the clock is believed to be off.
//
// Source: adjtimex(2) with no change asked: the host this process runs on,
//         whatever Roots say. Frequencies are parts per million times 2^16; offset and
//         jitter are microseconds, or nanoseconds with STA_NANO.
// Emits:  node_timex_*: offset_seconds, maxerror_seconds, sync_status and more  gauge
//         node_timex_pps_{jitter,calibration,error,stability_exceeded}_total   counter
#pragma once

#include <sys/timex.h>

#include <array>
#include <cstddef>

#include "collectors/collector.h"
#include "collectors/roots.h"

namespace joist::collectors {

inline constexpr std::size_t kTimexFigures = 17;

// `now` and `state` as adjtimex(2) gave them, in the order of the families.
std::array<double, kTimexFigures> timex_figures(const timex& now, int state);

class TimexCollector final : public Collector {
 public:
  explicit TimexCollector(const Roots& roots);
  std::string_view name() const override { return "timex"; }
  Result<void> collect(Exposition& page) override;

 private:
  const std::array<Family, kTimexFigures> families_;
};

}  // namespace joist::collectors
