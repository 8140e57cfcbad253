#include "collectors/kernel/timex.h"

#include <cerrno>

namespace joist::collectors {
namespace {

constexpr double kMicrosecondsPerSecond = 1e6;
constexpr double kNanosecondsPerSecond = 1e9;
constexpr double kFrequencyUnit = 1e6 * 65536;

Family gauge(std::string_view name, std::string_view help) {
  return {"node_timex_" + std::string(name), help, MetricType::Gauge};
}

Family counter(std::string_view name, std::string_view help) {
  return {"node_timex_" + std::string(name), help, MetricType::Counter};
}

}  // namespace

std::array<double, kTimexFigures> timex_figures(const timex& now, int state) {
  const double fine = (now.status & STA_NANO) != 0 ? kNanosecondsPerSecond : kMicrosecondsPerSecond;
  const auto number = [](auto value) { return static_cast<double>(value); };
  return {
      number(now.esterror) / kMicrosecondsPerSecond,
      1 + number(now.freq) / kFrequencyUnit,
      number(now.constant),
      number(now.maxerror) / kMicrosecondsPerSecond,
      number(now.offset) / fine,
      number(now.calcnt),
      number(now.errcnt),
      number(now.ppsfreq) / kFrequencyUnit,
      number(now.jitter) / fine,
      number(now.jitcnt),
      number(now.shift),
      number(now.stbcnt),
      number(now.stabil) / kFrequencyUnit,
      number(now.status),
      state == TIME_ERROR ? 0.0 : 1.0,
      number(now.tai),
      number(now.tick) / kMicrosecondsPerSecond,
  };
}

TimexCollector::TimexCollector(const Roots& /*the kernel is asked*/)
    : families_{{
          gauge("estimated_error_seconds", "Estimated error in seconds."),
          gauge("frequency_adjustment_ratio", "Local clock frequency adjustment."),
          gauge("loop_time_constant", "Phase-locked loop time constant."),
          gauge("maxerror_seconds", "Maximum error in seconds."),
          gauge("offset_seconds", "Time offset in between local system and reference clock."),
          counter("pps_calibration_total", "Pulse per second count of calibration intervals."),
          counter("pps_error_total", "Pulse per second count of calibration errors."),
          gauge("pps_frequency_hertz", "Pulse per second frequency."),
          gauge("pps_jitter_seconds", "Pulse per second jitter."),
          counter("pps_jitter_total", "Pulse per second count of jitter limit exceeded events."),
          gauge("pps_shift_seconds", "Pulse per second interval duration."),
          counter("pps_stability_exceeded_total",
                  "Pulse per second count of stability limit exceeded events."),
          gauge("pps_stability_hertz",
                "Pulse per second stability, average of recent frequency changes."),
          gauge("status", "Value of the status array bits."),
          gauge("sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no)."),
          gauge("tai_offset_seconds", "International Atomic Time (TAI) offset."),
          gauge("tick_seconds", "Seconds between clock ticks."),
      }} {}

Result<void> TimexCollector::collect(Exposition& page) {
  timex now{};
  const int state = ::adjtimex(&now);
  if (state < 0 && errno == EPERM) {  // a container's filter of system calls
    return fail(ErrorCode::NotFound, "adjtimex is forbidden");
  }
  if (state < 0) return fail_errno(errno, "adjtimex");

  const auto figures = timex_figures(now, state);
  for (std::size_t figure = 0; figure < kTimexFigures; ++figure) {
    page.begin(families_[figure]);
    page.sample(figures[figure]);
  }
  return {};
}

}  // namespace joist::collectors
