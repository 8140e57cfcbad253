#include "host/time.h"

#include <sys/timex.h>

#include <cerrno>
#include <cstdio>

namespace joist::host {
namespace {

constexpr double kNanosPerSecond = 1e9;

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g s", seconds);
  return text;
}

double seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() / kNanosPerSecond;
}

void conclude(v1::Condition& condition, v1::ConditionStatus status, std::string reason,
              std::string message) {
  condition.set_status(status);
  condition.set_reason(std::move(reason));
  condition.set_message(std::move(message));
}

}  // namespace

Result<TimeObserved> observe_time() {
  timex kernel{};
  if (::adjtimex(&kernel) < 0) return fail_errno(errno, "adjtimex");
  return TimeObserved{.synchronised = (kernel.status & STA_UNSYNC) == 0,
                      .error_max = std::chrono::microseconds(kernel.maxerror),
                      .error_estimated = std::chrono::microseconds(kernel.esterror)};
}

v1::Condition judge_time(const Result<TimeObserved>& observed, const v1::TimeSpec& spec) {
  v1::Condition condition;
  condition.set_type("TimeSynchronised");
  condition.set_severity(v1::SEVERITY_BLOCKING);
  condition.add_blocks("*");
  condition.set_remedy(v1::REMEDY_NONE);
  condition.mutable_evidence()->set_source("adjtimex(2)");
  if (!observed) {
    conclude(condition, v1::CONDITION_STATUS_UNKNOWN, "TimeNotObserved", observed.error().message);
    return condition;
  }

  const double error_max_seconds = std::chrono::duration<double>(observed->error_max).count();
  const std::string limit = seconds_text(seconds(spec.error_max()));
  condition.mutable_evidence()->set_value(
      (observed->synchronised ? "synchronised, maxerror " : "STA_UNSYNC, maxerror ") +
      seconds_text(error_max_seconds));
  condition.mutable_evidence()->set_threshold("synchronised, maxerror at most " + limit);

  if (!observed->synchronised) {
    conclude(condition, v1::CONDITION_STATUS_FALSE, "ClockUnsynchronised",
             "nothing disciplines the kernel's clock (STA_UNSYNC): install chrony, or look at "
             "`chronyc tracking` or `timedatectl timesync-status`");
  } else if (error_max_seconds > seconds(spec.error_max())) {
    conclude(condition, v1::CONDITION_STATUS_FALSE, "ClockErrorTooLarge",
             "the clock may be wrong by more than " + limit +
                 ": look at the time sources (`chronyc sources`), or allow more in time.error_max");
  } else {
    conclude(condition, v1::CONDITION_STATUS_TRUE, "ClockSynchronised",
             "the clock is disciplined and within " + limit);
  }
  return condition;
}

}  // namespace joist::host
