// How good the kernel says its clock is.
//
// Source: adjtimex(2) with modes 0, which needs no privilege: the one place where
//         chrony, ntpd, timesyncd and PTP all leave their word. STA_UNSYNC is set
//         by the kernel itself once maxerror passes 16 s for want of an update.
#pragma once

#include <chrono>

#include "base/result.h"
#include "joist/v1/condition.pb.h"
#include "joist/v1/spec.pb.h"

namespace joist::host {

struct TimeObserved {
  bool synchronised = false;                    // STA_UNSYNC is not set
  std::chrono::microseconds error_max{};        // maxerror: the true time is within this
  std::chrono::microseconds error_estimated{};  // esterror
};

// Io if the kernel (or a seccomp filter) refuses the call.
Result<TimeObserved> observe_time();

// The condition TimeSynchronised. Unknown where nothing was observed. The caller
// stamps when the evidence was taken.
v1::Condition judge_time(const Result<TimeObserved>& observed, const v1::TimeSpec& spec);

}  // namespace joist::host
