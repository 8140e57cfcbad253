// Goal: a gate neither opens on one good moment nor flickers, and never rests on
// old evidence. Method: strips of judgements, one a second, against the strip of
// what is shown.
#include "agent/readiness.h"

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

namespace joist::agent {
namespace {

using namespace std::chrono_literals;

Moment at(BootTime since_start) {
  return {WallTime(std::chrono::seconds(1'700'000'000)) +
              std::chrono::duration_cast<WallTime::duration>(since_start),
          1000s + since_start};
}

v1::Condition judged(char letter, BootTime observed) {
  v1::Condition condition;
  condition.set_type("Fact");
  condition.set_severity(v1::SEVERITY_BLOCKING);
  *condition.mutable_evidence()->mutable_observed_boottime() =
      google::protobuf::util::TimeUtil::NanosecondsToDuration(at(observed).boot.count());
  if (letter == 'T') condition.set_status(v1::CONDITION_STATUS_TRUE);
  if (letter == 'F') condition.set_status(v1::CONDITION_STATUS_FALSE);
  if (letter == '?' || letter == 'p') condition.set_status(v1::CONDITION_STATUS_UNKNOWN);
  condition.set_reason(letter == 'T'   ? "Good"
                       : letter == 'F' ? "Bad"
                       : letter == 'p' ? "UnderWay"
                                       : "NotSeen");
  condition.set_message("as judged");
  return condition;
}

// One letter a second: T, F, ? are judgements, p is a pending one, '.' is none, '_' a second
// in which nobody does anything. Shown likewise.
std::string shown(std::string_view strip, const Policy& policy) {
  Standing standing = unjudged("Fact", v1::SEVERITY_BLOCKING, at(0s));
  std::string result;
  for (std::size_t i = 0; i < strip.size(); ++i) {
    const auto now = std::chrono::seconds(i);
    if (strip[i] != '_') {
      standing = strip[i] == '.' ? age(standing, policy, at(now))
                                 : settle(standing, judged(strip[i], now), policy, at(now));
    }
    const auto status = standing.shown.status();
    result += status == v1::CONDITION_STATUS_TRUE ? 'T'
              : status == v1::CONDITION_STATUS_FALSE
                  ? (standing.shown.reason() == "Flapping" ? 'f' : 'F')
                  : '?';
  }
  return result;
}

TEST(Settle, ShowsWhatIsJudged) {
  const Policy safety{.falls_max = 9, .time_to_live = 3s};
  const Policy patient{.good_needed = 3, .good_lasting = 4s, .falls_max = 9, .time_to_live = 3s};
  const Policy noisy{.bad_needed = 3, .bad_window = 5, .falls_max = 9, .time_to_live = 3s};
  const Policy loud{.bad_needed = 3, .bad_window = 5, .noisy_reason = "Other", .time_to_live = 3s};
  const Policy pending{.pending_reason = "UnderWay", .time_to_live = 3s};
  const Policy steady{.falls_max = 2, .falls_window = 10s, .time_to_live = 5s};
  const struct {
    const char* name;
    Policy policy;
    const char* judged;
    const char* shown;
  } cases[] = {
      {"unknown before the first look", safety, "..T", "??T"},
      {"a safety fact is lost at once", safety, "TTFTT", "TTFTT"},
      {"what cannot be seen is unknown at once", safety, "TT?T", "TT?T"},
      {"old evidence is none", safety, "TT....T", "TTTTT?T"},
      {"old bad evidence is none either", safety, "F....", "FFFF?"},
      {"True needs to last", patient, "TTTTTT", "????TT"},
      {"and starts again after a bad look", patient, "TTTFTTTTT", "???FFFFFT"},
      {"looks that span the time but are too few", patient, "T..T..T", "??????T"},
      {"a gap is no row", patient, "TTT....TTTTT", "???????????T"},
      {"a False stays False until True lasts", patient, "FTTTTTT", "FFFFFTT"},
      {"one bad look of a noisy fact", noisy, "TFTTTT", "TTTTTT"},
      {"three of five", noisy, "TTFTFTFT", "TTTTTTFT"},
      {"three of many", noisy, "TFTTFTTTFTTTTF", "TTTTTTTTTTTTTT"},
      {"what has expired is held up by nothing", noisy, "T____F", "TTTTTF"},
      {"nor is it True without lasting anew", patient, "TTTTT____T", "????TTTTT?"},
      {"a reason that is no noise", loud, "TF", "TF"},
      {"noisy and already bad needs no count", noisy, "F", "F"},
      {"noisy and unseen is unknown", noisy, "T?", "T?"},
      {"a look that is under way says nothing", pending, "TppTFpp", "TTTTFFF"},
      {"and keeps nothing fresh", pending, "TpppppT", "TTTT??T"},
      {"but is all there is at first", pending, "ppT", "??T"},
      {"too many falls", steady, "TFTFTFTTTTTTTTTTTT", "TFTFTFffffffTTTTTT"},
      {"flapping and bad is just bad", steady, "TFTFTFTFTT", "TFTFTFfFff"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(shown(one.judged, one.policy), one.shown);
  }
}

// One condition may warn at one time and block at another: what is held on to is held as it was.
TEST(Settle, WhatIsHeldMattersAsMuchAsItDid) {
  const Policy patient{.good_needed = 2, .falls_max = 1, .time_to_live = 60s};
  auto warning = judged('F', 10s);
  warning.set_severity(v1::SEVERITY_WARNING);
  auto good = judged('T', 11s);
  good.set_severity(v1::SEVERITY_BLOCKING);
  good.add_blocks("storage");
  auto standing = unjudged("Fact", v1::SEVERITY_BLOCKING, at(0s));
  standing = settle(standing, warning, patient, at(10s));
  standing = settle(standing, good, patient, at(11s));
  EXPECT_EQ(standing.shown.reason(), "Recovering");
  EXPECT_EQ(standing.shown.severity(), v1::SEVERITY_WARNING);
  EXPECT_EQ(standing.shown.blocks_size(), 0);
  standing = settle(standing, good, patient, at(12s));
  EXPECT_EQ(standing.shown.status(), v1::CONDITION_STATUS_TRUE);
  EXPECT_EQ(standing.shown.severity(), v1::SEVERITY_BLOCKING);
}

TEST(Settle, MovesTheTransitionTimeWithTheStatusAlone) {
  const Policy policy{.time_to_live = 60s};
  auto standing =
      settle(unjudged("Fact", v1::SEVERITY_BLOCKING, at(0s)), judged('T', 5s), policy, at(5s));
  const auto first = standing.shown.transition_time().seconds();
  EXPECT_EQ(first, 1'700'000'005);
  standing = settle(standing, judged('T', 9s), policy, at(9s));
  EXPECT_EQ(standing.shown.transition_time().seconds(), first);
  standing = settle(standing, judged('F', 12s), policy, at(12s));
  EXPECT_EQ(standing.shown.transition_time().seconds(), 1'700'000'012);
}

TEST(Settle, IgnoresAnAnswerThatWasOvertaken) {
  const Policy policy{.time_to_live = 60s};
  auto standing = unjudged("Fact", v1::SEVERITY_BLOCKING, at(0s));
  standing = settle(standing, judged('F', 10s), policy, at(10s));
  standing = settle(standing, judged('T', 8s), policy, at(11s));
  EXPECT_EQ(standing.shown.status(), v1::CONDITION_STATUS_FALSE);
}

TEST(Settle, DoesNotTrustTheWallClock) {
  const Policy policy{.time_to_live = 30s};
  auto standing =
      settle(unjudged("Fact", v1::SEVERITY_BLOCKING, at(0s)), judged('T', 1s), policy, at(1s));
  Moment jumped = at(2s);
  jumped.wall += std::chrono::hours(24 * 365);
  EXPECT_EQ(age(standing, policy, jumped).shown.status(), v1::CONDITION_STATUS_TRUE);
  jumped = at(40s);
  jumped.wall -= std::chrono::hours(24 * 365);
  EXPECT_EQ(age(standing, policy, jumped).shown.status(), v1::CONDITION_STATUS_UNKNOWN);
}

TEST(Settle, SaysWhatWasKnownBeforeTheEvidenceExpired) {
  const Policy policy{.time_to_live = 3s};
  const auto standing =
      settle(unjudged("Fact", v1::SEVERITY_BLOCKING, at(0s)), judged('T', 0s), policy, at(0s));
  const auto old = age(standing, policy, at(4s));
  EXPECT_EQ(old.shown.reason(), "EvidenceExpired");
  EXPECT_EQ(old.shown.message(), "nothing was observed for more than 3 s; before that: as judged");
  EXPECT_TRUE(says_the_same(old.shown, age(old, policy, at(9s)).shown));
}

v1::Condition plain(std::string type, v1::ConditionStatus status, v1::Severity severity) {
  v1::Condition condition;
  condition.set_type(std::move(type));
  condition.set_status(status);
  condition.set_severity(severity);
  condition.set_reason("Because");
  condition.set_message("so");
  return condition;
}

TEST(JudgeReady, IsTrueOnlyIfEveryBlockingConditionIs) {
  constexpr auto kTrue = v1::CONDITION_STATUS_TRUE;
  constexpr auto kFalse = v1::CONDITION_STATUS_FALSE;
  constexpr auto kUnknown = v1::CONDITION_STATUS_UNKNOWN;
  constexpr auto kUnset = v1::CONDITION_STATUS_UNSPECIFIED;
  const struct {
    v1::ConditionStatus one;
    v1::ConditionStatus other;
    v1::ConditionStatus warning;
    v1::ConditionStatus ready;
  } cases[] = {{kTrue, kTrue, kTrue, kTrue},       {kTrue, kTrue, kFalse, kTrue},
               {kTrue, kTrue, kUnknown, kTrue},    {kTrue, kFalse, kTrue, kFalse},
               {kTrue, kUnknown, kTrue, kUnknown}, {kFalse, kUnknown, kTrue, kFalse},
               {kTrue, kUnset, kTrue, kUnknown}};
  for (const auto& one : cases) {
    const auto ready = judge_ready({plain("A", one.one, v1::SEVERITY_BLOCKING),
                                    plain("B", one.other, v1::SEVERITY_BLOCKING),
                                    plain("C", one.warning, v1::SEVERITY_WARNING)});
    EXPECT_EQ(ready.status(), one.ready) << one.one << one.other << one.warning;
  }
}

TEST(JudgeReady, ListsWhatIsNotTrueAndWhy) {
  const auto ready = judge_ready({plain("A", v1::CONDITION_STATUS_FALSE, v1::SEVERITY_BLOCKING),
                                  plain("B", v1::CONDITION_STATUS_TRUE, v1::SEVERITY_BLOCKING),
                                  plain("C", v1::CONDITION_STATUS_UNKNOWN, v1::SEVERITY_BLOCKING)});
  EXPECT_EQ(ready.message(), "A is False (Because: so); C is Unknown (Because: so)");
}

TEST(Readiness, StartsUnknownAndTellsWhatAReaderSees) {
  Readiness readiness({{"Zeta", v1::SEVERITY_BLOCKING, {.time_to_live = 5s}},
                       {"Fact", v1::SEVERITY_BLOCKING, {.time_to_live = 5s}}},
                      "boot", at(0s));
  EXPECT_EQ(readiness.ready().status(), v1::CONDITION_STATUS_UNKNOWN);
  const auto all = readiness.conditions();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].type(), "Ready");
  EXPECT_EQ(all[1].type(), "Fact");
  EXPECT_EQ(all[2].type(), "Zeta");

  auto zeta = judged('T', 1s);
  zeta.set_type("Zeta");
  EXPECT_TRUE(readiness.judge(judged('T', 1s), at(1s)));
  EXPECT_TRUE(readiness.judge(zeta, at(1s)));
  EXPECT_EQ(readiness.ready().status(), v1::CONDITION_STATUS_TRUE);
  EXPECT_EQ(readiness.find("Fact")->evidence().boot_id(), "boot");
  EXPECT_EQ(readiness.find("Fact")->evidence().time_to_live().seconds(), 5);

  EXPECT_FALSE(readiness.judge(judged('T', 2s), at(2s)));  // newer evidence, nothing new to read
  EXPECT_FALSE(readiness.age(at(6s)));
  EXPECT_TRUE(readiness.age(at(7s)));  // Zeta is 6 s old
  EXPECT_EQ(readiness.ready().status(), v1::CONDITION_STATUS_UNKNOWN);
}

}  // namespace
}  // namespace joist::agent
