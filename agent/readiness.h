// What is known of a host's fitness: one condition for each fact, and Ready.
//
//   judge (disk/, host/, agent/) --judged--> settle() --shown--> API, report, metrics
//
// A judge says what the evidence of this moment means. settle() decides what is
// shown, so that a gate neither opens on one good moment nor flickers:
//   - Unknown and, for safety facts, False show at once;
//   - noisy facts turn False after `bad_needed` of the last `bad_window` judgements;
//   - True shows after `good_needed` judgements in a row that span `good_lasting`;
//   - what fell too often stays False, reason Flapping;
//   - evidence past its time to live shows as Unknown, reason EvidenceExpired.
// Everything is Unknown at the start. Order is by the boot-time clock alone.
//
// Pure: no clock, no I/O. Threads: the caller's one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "joist/v1/condition.pb.h"

namespace joist::agent {

struct Policy {
  unsigned bad_needed = 1;
  unsigned bad_window = 1;  // at least bad_needed, at most 32
  std::string
      pending_reason;        // of a look that is under way: what was shown stays while it is fresh
  std::string noisy_reason;  // the only one that is counted; any other is lost at once. "": all
  unsigned good_needed = 1;
  BootTime good_lasting{0};
  unsigned falls_max = 3;  // more than these within falls_window is flapping
  BootTime falls_window = std::chrono::minutes(10);
  BootTime time_to_live = std::chrono::minutes(1);  // where the evidence states none
};

// What is shown of a condition, and what settle() must remember for the next time.
struct Standing {
  v1::Condition shown;
  std::uint32_t recent_bad = 0;  // bit 0: the last judgement was False, bit 1: the one before …
  unsigned good_run = 0;         // judgements in a row that were True
  BootTime good_since{0};        // the first of them
  std::vector<BootTime> falls;   // when True was lost, within falls_window
};

// Unknown, reason NotJudged.
Standing unjudged(std::string type, v1::Severity severity, Moment now);

// What is shown after `judged`. One whose evidence is older than what is shown
// is ignored: workers may answer out of order.
Standing settle(const Standing& previous, const v1::Condition& judged, const Policy& policy,
                Moment now);

// What is shown when nothing was judged until `now`.
Standing age(const Standing& previous, const Policy& policy, Moment now);

// The summary: True only if every condition that blocks is True; the message
// lists those that are not, and why.
v1::Condition judge_ready(const std::vector<v1::Condition>& conditions);

// Whether a reader learns the same from both: all but the evidence's value and
// times, and transition_time.
bool says_the_same(const v1::Condition& one, const v1::Condition& other);

std::string_view status_name(v1::ConditionStatus status);  // "True"

// All conditions of one host.
class Readiness {
 public:
  struct Subject {
    std::string type;
    v1::Severity severity;
    Policy policy;
  };

  Readiness(std::vector<Subject> subjects, std::string boot_id, Moment now);

  // Takes a judge's word; the type must be one of the subjects. Evidence that is
  // not dated is of `now`. True if a reader sees a difference.
  bool judge(v1::Condition judged, Moment now);

  // Lets time pass. True if a reader sees a difference.
  bool age(Moment now);

  const v1::Condition& ready() const { return ready_.shown; }
  const v1::Condition* find(std::string_view type) const;

  // Ready first, then by type.
  std::vector<v1::Condition> conditions() const;

 private:
  struct Entry {
    Subject subject;
    Standing standing;
  };

  std::string boot_id_;
  std::vector<Entry> entries_;  // by type
  Standing ready_;
};

}  // namespace joist::agent
