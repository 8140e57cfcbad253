#include "agent/readiness.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

#include "base/wall_time.h"

namespace joist::agent {
namespace {

using google::protobuf::util::TimeUtil;

constexpr unsigned kWindowMax = 32;

BootTime observed_at(const v1::Condition& condition) {
  return BootTime(TimeUtil::DurationToNanoseconds(condition.evidence().observed_boottime()));
}

std::string seconds_text(BootTime time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

BootTime time_to_live(const v1::Condition& condition, const Policy& policy) {
  if (!condition.evidence().has_time_to_live()) return policy.time_to_live;
  return BootTime(TimeUtil::DurationToNanoseconds(condition.evidence().time_to_live()));
}

void show(v1::Condition& condition, v1::ConditionStatus status, std::string reason,
          std::string message) {
  condition.set_status(status);
  condition.set_reason(std::move(reason));
  condition.set_message(std::move(message));
}

bool window_is_bad(const Standing& standing, const Policy& policy) {
  const unsigned window = std::min(policy.bad_window, kWindowMax);
  const std::uint32_t mask = window == kWindowMax ? ~0U : (1U << window) - 1;
  return static_cast<unsigned>(std::popcount(standing.recent_bad & mask)) >= policy.bad_needed;
}

// What to show for a judgement of True that does not follow True. What is held on to matters as
// much as it did.
void rise(Standing& next, const v1::Condition& before, const Policy& policy, Moment now) {
  const auto hold = [&] {
    next.shown.set_severity(before.severity());
    *next.shown.mutable_blocks() = before.blocks();
  };
  if (next.falls.size() > policy.falls_max) {
    show(next.shown, v1::CONDITION_STATUS_FALSE, "Flapping",
         "turned bad more than " + std::to_string(policy.falls_max) + " times within " +
             seconds_text(policy.falls_window) + "; True again once it keeps still");
    hold();
  } else if (next.good_run < policy.good_needed ||
             now.boot - next.good_since < policy.good_lasting) {
    show(next.shown, before.status(), "Recovering",
         "good, but not yet for long enough (" + std::to_string(policy.good_needed) +
             " looks over " + seconds_text(policy.good_lasting) + ")");
    hold();
  }
}

void date_transition(Standing& next, const v1::Condition& before, Moment now) {
  if (next.shown.status() == before.status()) {
    *next.shown.mutable_transition_time() = before.transition_time();
  } else {
    *next.shown.mutable_transition_time() = to_timestamp(now.wall);
  }
}

void expire(Standing& standing, const Policy& policy, Moment now) {
  const BootTime life = time_to_live(standing.shown, policy);
  if (!standing.shown.has_evidence() || now.boot - observed_at(standing.shown) <= life) return;
  standing.good_run = 0;
  if (standing.shown.status() == v1::CONDITION_STATUS_UNKNOWN) return;
  show(standing.shown, v1::CONDITION_STATUS_UNKNOWN, "EvidenceExpired",
       "nothing was observed for more than " + seconds_text(life) +
           "; before that: " + standing.shown.message());
}

void note_fall(Standing& next, v1::ConditionStatus before, const Policy& policy, Moment now) {
  std::erase_if(next.falls, [&](BootTime fall) { return now.boot - fall > policy.falls_window; });
  const bool fell =
      before == v1::CONDITION_STATUS_TRUE && next.shown.status() == v1::CONDITION_STATUS_FALSE;
  // One more than is needed to tell flapping is enough to remember.
  if (fell) next.falls.push_back(now.boot);
  if (next.falls.size() > policy.falls_max + 1) next.falls.erase(next.falls.begin());
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

}  // namespace

Standing unjudged(std::string type, v1::Severity severity, Moment now) {
  Standing standing;
  standing.shown.set_type(std::move(type));
  standing.shown.set_severity(severity);
  show(standing.shown, v1::CONDITION_STATUS_UNKNOWN, "NotJudged", "not looked at yet");
  *standing.shown.mutable_transition_time() = to_timestamp(now.wall);
  return standing;
}

Standing settle(const Standing& previous, const v1::Condition& judged, const Policy& policy,
                Moment now) {
  // What expired meanwhile is held up by nothing that comes now.
  const Standing aged = age(previous, policy, now);
  const v1::Condition& before = aged.shown;
  if (before.has_evidence() && observed_at(judged) < observed_at(before)) return aged;

  const bool judged_before = before.has_evidence() && before.reason() != policy.pending_reason;
  if (judged_before && !policy.pending_reason.empty() && policy.pending_reason == judged.reason()) {
    return aged;
  }

  Standing next = aged;
  next.shown = judged;
  const bool good = judged.status() == v1::CONDITION_STATUS_TRUE;
  const bool bad = judged.status() == v1::CONDITION_STATUS_FALSE;
  next.recent_bad = (aged.recent_bad << 1) | (bad ? 1U : 0U);
  next.good_run = good ? next.good_run + 1 : 0;
  if (next.good_run == 1) next.good_since = now.boot;

  const bool was_true = before.status() == v1::CONDITION_STATUS_TRUE;
  const bool noise = policy.noisy_reason.empty() || policy.noisy_reason == judged.reason();
  if (bad && was_true && noise && !window_is_bad(next, policy)) {
    show(next.shown, before.status(), before.reason(),
         "still counted as it was; the last look: " + judged.message());
  } else if (!good && !bad) {
    next.shown.set_status(v1::CONDITION_STATUS_UNKNOWN);
  }
  note_fall(next, before.status(), policy, now);
  if (good && !was_true) rise(next, before, policy, now);
  expire(next, policy, now);
  date_transition(next, before, now);
  return next;
}

Standing age(const Standing& previous, const Policy& policy, Moment now) {
  Standing next = previous;
  expire(next, policy, now);
  date_transition(next, previous.shown, now);
  return next;
}

v1::Condition judge_ready(const std::vector<v1::Condition>& conditions) {
  std::vector<std::string> not_true;
  bool known = true;
  bool any_false = false;
  for (const v1::Condition& condition : conditions) {
    if (condition.severity() != v1::SEVERITY_BLOCKING) continue;
    if (condition.status() == v1::CONDITION_STATUS_TRUE) continue;
    const bool is_false = condition.status() == v1::CONDITION_STATUS_FALSE;
    any_false = any_false || is_false;
    known = known && is_false;
    not_true.push_back(condition.type() + " is " + std::string(status_name(condition.status())) +
                       " (" + condition.reason() + ": " + condition.message() + ")");
  }

  v1::Condition ready;
  ready.set_type("Ready");
  ready.set_severity(v1::SEVERITY_BLOCKING);
  ready.add_blocks("*");
  ready.set_remedy(v1::REMEDY_NONE);
  ready.mutable_evidence()->set_source("the conditions of this host");
  if (not_true.empty()) {
    show(ready, v1::CONDITION_STATUS_TRUE, "EveryConditionTrue",
         "every blocking condition is True");
  } else if (any_false) {
    show(ready, v1::CONDITION_STATUS_FALSE, "ConditionsNotTrue", join(not_true));
  } else {
    show(ready, v1::CONDITION_STATUS_UNKNOWN, "ConditionsUnknown", join(not_true));
  }
  return ready;
}

bool says_the_same(const v1::Condition& one, const v1::Condition& other) {
  return one.type() == other.type() && one.status() == other.status() &&
         one.reason() == other.reason() && one.message() == other.message() &&
         one.severity() == other.severity() && one.remedy() == other.remedy() &&
         std::ranges::equal(one.blocks(), other.blocks()) &&
         one.evidence().threshold() == other.evidence().threshold() &&
         one.evidence().source() == other.evidence().source();
}

std::string_view status_name(v1::ConditionStatus status) {
  if (status == v1::CONDITION_STATUS_TRUE) return "True";
  if (status == v1::CONDITION_STATUS_FALSE) return "False";
  return "Unknown";
}

Readiness::Readiness(std::vector<Subject> subjects, std::string boot_id, Moment now)
    : boot_id_(std::move(boot_id)), ready_(unjudged("Ready", v1::SEVERITY_BLOCKING, now)) {
  std::ranges::sort(subjects, {}, &Subject::type);
  for (Subject& subject : subjects) {
    Standing standing = unjudged(subject.type, subject.severity, now);
    entries_.push_back({std::move(subject), std::move(standing)});
  }
  age(now);
}

bool Readiness::judge(v1::Condition judged, Moment now) {
  const auto entry = std::ranges::find_if(
      entries_, [&](const Entry& one) { return one.subject.type == judged.type(); });
  if (entry == entries_.end()) std::abort();  // a judge nobody listens to: a broken build

  v1::Evidence& evidence = *judged.mutable_evidence();
  evidence.set_boot_id(boot_id_);
  if (!evidence.has_observed_boottime()) {
    *evidence.mutable_observed_boottime() = to_duration(now.boot);
    *evidence.mutable_observed_time() = to_timestamp(now.wall);
  }
  if (!evidence.has_time_to_live()) {
    *evidence.mutable_time_to_live() =
        TimeUtil::NanosecondsToDuration(entry->subject.policy.time_to_live.count());
  }
  Standing next = settle(entry->standing, judged, entry->subject.policy, now);
  const bool differs = !says_the_same(next.shown, entry->standing.shown);
  entry->standing = std::move(next);
  return age(now) || differs;
}

bool Readiness::age(Moment now) {
  bool differs = false;
  for (Entry& entry : entries_) {
    Standing next = agent::age(entry.standing, entry.subject.policy, now);
    differs = differs || !says_the_same(next.shown, entry.standing.shown);
    entry.standing = std::move(next);
  }
  std::vector<v1::Condition> shown;
  for (const Entry& entry : entries_) shown.push_back(entry.standing.shown);
  v1::Condition summary = judge_ready(shown);
  summary.mutable_evidence()->set_boot_id(boot_id_);
  *summary.mutable_evidence()->mutable_observed_boottime() = to_duration(now.boot);
  *summary.mutable_evidence()->mutable_observed_time() = to_timestamp(now.wall);
  Standing ready;
  ready.shown = std::move(summary);
  date_transition(ready, ready_.shown, now);
  differs = differs || !says_the_same(ready.shown, ready_.shown);
  ready_ = std::move(ready);
  return differs;
}

const v1::Condition* Readiness::find(std::string_view type) const {
  for (const Entry& entry : entries_) {
    if (entry.subject.type == type) return &entry.standing.shown;
  }
  return type == "Ready" ? &ready_.shown : nullptr;
}

std::vector<v1::Condition> Readiness::conditions() const {
  std::vector<v1::Condition> all{ready_.shown};
  for (const Entry& entry : entries_) all.push_back(entry.standing.shown);
  return all;
}

}  // namespace joist::agent
