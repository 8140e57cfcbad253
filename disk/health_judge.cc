#include "disk/health_judge.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "base/wall_time.h"

namespace joist::disk {
namespace {

using std::chrono::seconds;

constexpr seconds kIntervalDefault{600};
constexpr seconds kLateBy{600};  // how late an answer may come, retries included
constexpr double kWearMaxPercent = 90;
constexpr double kRemappedMax = 10;
constexpr double kHotRotating = 60;
constexpr double kHotSolid = 70;
constexpr int kNamedMax = 3;

constexpr std::uint32_t kWarningTemperature = 1U << 1;

struct WarningBit {
  std::uint32_t bit;
  std::string_view text;
};
// NVM Express Base Specification 2.0, figure 207, but the temperature.
constexpr std::array kFatalWarnings{
    WarningBit{1U << 0, "its spare blocks are used up"},
    WarningBit{1U << 2, "its reliability is degraded"},
    WarningBit{1U << 3, "it has become read-only"},
    WarningBit{1U << 4, "its backup for power loss failed"},
    WarningBit{1U << 5, "its persistent memory region is unreliable"},
};

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.0f", value);
  return text;
}

class Judgement {
 public:
  explicit Judgement(v1::DiskHealth& health) : health_(health) {}

  // The first decides.
  void add(v1::DiskHealthState state, std::string_view code, std::string message) {
    v1::DiskReason& reason = *health_.add_reasons();
    reason.set_code(std::string(code));
    reason.set_message(std::move(message));
    if (health_.reasons_size() == 1) health_.set_state(state);
  }

 private:
  v1::DiskHealth& health_;
};

// Attributes of the kind that foretells the end, at or below their threshold.
std::string failed_attributes(const v1::SmartctlReport& report) {
  std::string names;
  for (const v1::AtaAttribute& one : report.ata_smart_attributes().table()) {
    const bool failed = one.flags().prefailure() && one.thresh() > 0 && one.value() > 0 &&
                        one.value() <= one.thresh();
    if (failed) names += (names.empty() ? "" : ", ") + one.name();
  }
  return names;
}

void find_failing(const v1::SmartctlReport& report, const v1::DiskHealth& health,
                  Judgement& judgement) {
  constexpr auto kFailing = v1::DISK_HEALTH_STATE_FAILING;
  std::string why;
  for (const WarningBit& warning : kFatalWarnings) {
    if ((health.critical_warning() & warning.bit) == 0) continue;
    why += (why.empty() ? "" : ", ") + std::string(warning.text);
  }
  const std::string attributes = failed_attributes(report);
  if (!attributes.empty()) {
    why += (why.empty() ? "" : ", ") + attributes + " is at its threshold";
  }
  // NVMe's verdict is the critical warning, which may be about nothing but heat.
  const bool only_hot = health.critical_warning() == kWarningTemperature;
  if (why.empty() && health.has_passed() && !health.passed() && !only_hot) {
    why = "it expects to fail (SMART status)";
  }
  if (!why.empty()) judgement.add(kFailing, "DiskFailing", why + "; replace it");
}

void find_media_errors(const v1::DiskHealth& health, const v1::DiskHealthSpec& spec,
                       Judgement& judgement) {
  const double errors_max = spec.media_errors_max();
  const double remapped_max =
      spec.remapped_sectors_max() == 0 ? kRemappedMax : spec.remapped_sectors_max();
  std::string why;
  const auto over = [&why](double count, double most, const char* what) {
    if (count > most) why += (why.empty() ? "" : ", ") + number(count) + " " + what;
  };
  over(health.pending_sectors(), errors_max, "sectors that cannot be read");
  over(health.uncorrectable_sectors(), errors_max, "uncorrectable sectors");
  over(health.media_errors(), errors_max, "errors that could not be corrected");
  over(health.reallocated_sectors(), remapped_max, "replaced sectors");
  if (!why.empty()) judgement.add(v1::DISK_HEALTH_STATE_WARNING, "DiskMediaErrors", why);
}

void find_wear(const v1::DiskHealth& health, const v1::DiskHealthSpec& spec, Judgement& judgement) {
  const double most = spec.wear_max_percent() == 0 ? kWearMaxPercent : spec.wear_max_percent();
  if (!(health.wear_percent() >= most)) return;
  judgement.add(v1::DISK_HEALTH_STATE_WARNING, "DiskWearingOut",
                number(health.wear_percent()) + " % of the writes it was made for are used");
}

double temperature_max(const HealthKnown& known, const v1::DiskHealth& health,
                       const v1::DiskHealthSpec& spec) {
  if (spec.temperature_max_celsius() != 0) return spec.temperature_max_celsius();
  if (health.temperature_limit_celsius() > 0) return health.temperature_limit_celsius();
  return known.disk.rotational ? kHotRotating : kHotSolid;
}

void find_heat(const HealthKnown& known, const v1::DiskHealth& health,
               const v1::DiskHealthSpec& spec, Judgement& judgement) {
  // What it was when it fell asleep says nothing of now.
  if (health.asleep()) return;
  const double most = temperature_max(known, health, spec);
  const bool warned = (health.critical_warning() & kWarningTemperature) != 0;
  if (!warned && !(health.temperature_celsius() > most)) return;
  judgement.add(v1::DISK_HEALTH_STATE_WARNING, "DiskHot",
                number(health.temperature_celsius()) + " C, " +
                    (warned ? "past its own threshold" : "at most " + number(most)));
}

void judge_figures(const HealthKnown& known, const v1::DiskHealthSpec& spec,
                   v1::DiskHealth& health) {
  Judgement judgement(health);
  find_failing(*known.report, health, judgement);
  find_media_errors(health, spec, judgement);
  if (health.has_self_test_passed() && !health.self_test_passed()) {
    judgement.add(v1::DISK_HEALTH_STATE_WARNING, "DiskSelfTestFailed", "its last self-test failed");
  }
  find_wear(health, spec, judgement);
  find_heat(known, health, spec, judgement);
}

// Why the figures, if any, say nothing.
void judge_silence(const HealthKnown& known, v1::DiskHealth& health) {
  Judgement judgement(health);
  if (!worth_asking(known.disk)) {
    judgement.add(v1::DISK_HEALTH_STATE_NOT_OFFERED, "HealthNotOffered",
                  "it has no health of its own");
  } else if (!known.last) {
    judgement.add(v1::DISK_HEALTH_STATE_UNKNOWN, kHealthBeingRead, "not asked yet");
  } else if (known.last->answer == HealthAnswer::NotOffered) {
    judgement.add(
        v1::DISK_HEALTH_STATE_NOT_OFFERED, "HealthNotOffered",
        "not offered by the device" + (known.last->why.empty() ? "" : ": " + known.last->why));
  } else if (known.last->answer == HealthAnswer::Asleep) {
    judgement.add(v1::DISK_HEALTH_STATE_UNKNOWN, "HealthUnknown",
                  "asleep, and never read before; it is read once it wakes");
  } else {
    judgement.add(v1::DISK_HEALTH_STATE_UNKNOWN, "HealthUnknown",
                  known.last->why.empty() ? "not read for too long" : known.last->why);
  }
}

struct Ruling {
  v1::ConditionStatus status;
  v1::Severity severity;
  std::string reason;
  std::string message;
};

// Most decisive first: a disk's first reason is looked up here.
constexpr std::array<std::string_view, 8> kReasons{
    "DiskFailing",        "HealthUnknown",  kHealthBeingRead, "DiskMediaErrors",
    "DiskSelfTestFailed", "DiskWearingOut", "DiskHot",        "DiskSlow"};

Ruling rule_on(std::string_view reason, std::string message) {
  if (reason == "HealthUnknown" || reason == kHealthBeingRead) {
    return {v1::CONDITION_STATUS_UNKNOWN, v1::SEVERITY_BLOCKING, std::string(reason),
            std::move(message)};
  }
  return {v1::CONDITION_STATUS_FALSE,
          reason == "DiskFailing" ? v1::SEVERITY_BLOCKING : v1::SEVERITY_WARNING,
          std::string(reason), std::move(message)};
}

// That the health of a disk is not known holds nothing back where it need not have any.
bool counts(const HealthKnown& known, std::string_view reason) {
  return must_tell(known.disk) || (reason != "HealthUnknown" && reason != kHealthBeingRead);
}

struct Counted {
  int told = 0;
  int not_offered = 0;
  std::string slow;  // figures of those that stand out
};

std::string value_text(std::size_t disks, const Counted& counted) {
  return std::to_string(counted.told) + " of " + std::to_string(disks) + " disks told, " +
         std::to_string(counted.not_offered) + " have nothing to tell" +
         (counted.slow.empty() ? "" : "; " + counted.slow);
}

v1::Condition to_condition(Ruling ruling, std::string value) {
  v1::Condition condition;
  condition.set_type("DisksHealthy");
  condition.set_status(ruling.status);
  condition.set_reason(std::move(ruling.reason));
  condition.set_message(std::move(ruling.message));
  condition.set_severity(ruling.severity);
  if (ruling.severity == v1::SEVERITY_BLOCKING) condition.add_blocks("storage");
  condition.set_remedy(ruling.status == v1::CONDITION_STATUS_UNKNOWN ? v1::REMEDY_AUTOMATIC
                                                                     : v1::REMEDY_NONE);
  v1::Evidence& evidence = *condition.mutable_evidence();
  evidence.set_value(std::move(value));
  evidence.set_threshold(
      "no disk failing, wearing out, hot, slower than its equals or with errors");
  evidence.set_source("smartctl (SMART, NVMe health log, SCSI log pages), /proc/diskstats");
  return condition;
}

const IoLatency* find(const std::vector<IoLatency>& latencies, const std::string& name) {
  const auto found = std::ranges::find(latencies, name, &IoLatency::name);
  return found == latencies.end() ? nullptr : &*found;
}

}  // namespace

seconds health_interval(const v1::DiskHealthSpec& spec) {
  if (!spec.has_interval()) return kIntervalDefault;
  return std::chrono::duration_cast<seconds>(from_duration(spec.interval()));
}

seconds health_time_to_live(const v1::DiskHealthSpec& spec) {
  return 2 * health_interval(spec) + kLateBy;
}

bool says_something(const HealthKnown& known, const v1::DiskHealthSpec& spec, Moment now) {
  if (!known.report || !known.last) return false;
  return known.last->answer == HealthAnswer::Asleep ||
         now.boot - known.read.boot <= health_time_to_live(spec);
}

v1::DiskHealth judge_disk(const HealthKnown& known, const IoLatency* latency,
                          const v1::DiskHealthSpec& spec, Moment now) {
  v1::DiskHealth health = known.report ? figures_of(*known.report) : v1::DiskHealth();
  if (known.report) {
    *health.mutable_read_time() = to_timestamp(known.read.wall);
    *health.mutable_age() = to_duration(now.boot - known.read.boot);
  }
  health.set_asleep(known.last && known.last->answer == HealthAnswer::Asleep);
  if (says_something(known, spec, now)) {
    judge_figures(known, spec, health);
    if (health.reasons().empty()) health.set_state(v1::DISK_HEALTH_STATE_OK);
  } else {
    judge_silence(known, health);
  }
  if (latency != nullptr && !latency->outlier.empty()) {
    v1::DiskReason& reason = *health.add_reasons();
    reason.set_code("DiskSlow");
    reason.set_message("far slower than its equals");
    const bool silent = health.state() == v1::DISK_HEALTH_STATE_OK ||
                        health.state() == v1::DISK_HEALTH_STATE_NOT_OFFERED;
    if (silent) {
      health.set_state(v1::DISK_HEALTH_STATE_WARNING);
      health.mutable_reasons()->SwapElements(0, health.reasons_size() - 1);
    }
  }
  return health;
}

v1::Condition judge_health(const std::vector<HealthKnown>& known,
                           const std::vector<IoLatency>& latencies, const v1::DiskHealthSpec& spec,
                           Moment now) {
  if (spec.disabled()) {
    return to_condition({v1::CONDITION_STATUS_UNKNOWN, v1::SEVERITY_INFO, "HealthNotWatched",
                         "storage.health.disabled is set: no disk is asked how it is"},
                        "");
  }
  Counted counted;
  std::array<std::string, kReasons.size()> named;
  std::array<int, kReasons.size()> count{};
  for (const HealthKnown& one : known) {
    const IoLatency* latency = find(latencies, one.disk.name);
    const v1::DiskHealth health = judge_disk(one, latency, spec, now);
    // Its figures move with every look: they are evidence.
    if (latency != nullptr && !latency->outlier.empty()) {
      counted.slow += (counted.slow.empty() ? "" : "; ") + one.disk.name + ": " + latency->outlier;
    }
    counted.told += says_something(one, spec, now);
    for (const v1::DiskReason& reason : health.reasons()) {
      counted.not_offered += reason.code() == "HealthNotOffered";
      const auto at = std::ranges::find(kReasons, reason.code());
      if (at == kReasons.end() || !counts(one, reason.code())) continue;
      const auto index = static_cast<std::size_t>(at - kReasons.begin());
      if (++count[index] > kNamedMax) continue;
      named[index] += (named[index].empty() ? "" : "; ") + one.disk.name + ": " + reason.message();
    }
  }
  const std::string value = value_text(known.size(), counted);
  for (std::size_t index = 0; index < kReasons.size(); ++index) {
    if (count[index] == 0) continue;
    std::string message = std::to_string(count[index]) + " of " + std::to_string(known.size()) +
                          (known.size() == 1 ? " disk: " : " disks: ") + named[index];
    return to_condition(rule_on(kReasons[index], std::move(message)), value);
  }
  return to_condition({v1::CONDITION_STATUS_TRUE, v1::SEVERITY_BLOCKING, "DisksHealthy",
                       counted.told == 0 ? "No disk of this host has health to tell."
                                         : "No disk that has health to tell complains."},
                      value);
}

}  // namespace joist::disk
