#include "installer/node_session.h"

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <set>

namespace joist::installer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

v1::Report report_of(const std::string& value) {
  v1::ReportItem item;
  item.set_key("host");
  item.mutable_host()->set_name(value);
  return make_report({item}).value();
}

// A session with time under the test's hand, and the agent's words short.
class Session {
 public:
  explicit Session(v1::Report held = {}, SessionPace pace = {})
      : session_(
            std::move(held),
            [this](const std::string& epoch) { return superseded.contains(epoch); }, pace) {}

  SessionStep say(const v1::AgentFrame& frame) {
    now.boot += seconds{1};
    return session_.on_frame(frame.SerializeAsString(), now);
  }

  SessionStep hello(const std::string& epoch = "epoch-1", const std::string& acked = {}) {
    v1::AgentFrame frame;
    frame.mutable_hello()->set_boot_id("boot-1");
    frame.mutable_hello()->set_epoch(epoch);
    frame.mutable_hello()->set_acked_digest(acked);
    frame.mutable_hello()->set_agent_version("0.1");
    return say(frame);
  }

  SessionStep delta(std::uint64_t seq, const v1::Report& from, const v1::Report& to) {
    v1::AgentFrame frame;
    *frame.mutable_delta() = diff(from, to);
    frame.mutable_delta()->set_seq(seq);
    return say(frame);
  }

  SessionStep heartbeat(const std::string& digest) {
    v1::AgentFrame frame;
    frame.mutable_heartbeat()->set_digest(digest);
    return say(frame);
  }

  SessionStep raw(std::string_view bytes) { return session_.on_frame(bytes, now); }

  NodeSession& operator*() { return session_; }

  Moment now{WallTime{seconds{1'800'000'000}}, seconds{1000}};
  std::set<std::string> superseded;

 private:
  NodeSession session_;
};

const v1::InstallerFrame& only(const SessionStep& step) {
  static const v1::InstallerFrame none;
  EXPECT_EQ(step.replies.size(), 1U);
  return step.replies.empty() ? none : step.replies.front();
}

void expect_end(const SessionStep& step, SessionEnd end) {
  EXPECT_EQ(static_cast<int>(step.end), static_cast<int>(end));
  EXPECT_FALSE(step.reason.empty());
  EXPECT_EQ(only(step).goodbye().reason(), step.reason);
  EXPECT_FALSE(step.report_changed);
}

TEST(NodeSession, WelcomesWithItsTime) {
  Session session;
  const SessionStep step = session.hello();
  ASSERT_TRUE(only(step).has_welcome());
  EXPECT_FALSE(only(step).welcome().holds_acked());
  EXPECT_EQ(only(step).welcome().server_time().seconds(), 1'800'000'000);
  EXPECT_FALSE(step.report_changed);
  EXPECT_EQ((*session).agent_version(), "0.1");
}

TEST(NodeSession, SaysWhetherItStillHoldsWhatItAcknowledged) {
  const v1::Report held = report_of("a");
  EXPECT_TRUE(only(Session(held).hello("e", held.digest())).welcome().holds_acked());
  EXPECT_FALSE(only(Session(held).hello("e", report_of("b").digest())).welcome().holds_acked());
  EXPECT_FALSE(only(Session(held).hello("e")).welcome().holds_acked());
  EXPECT_FALSE(only(Session().hello("e")).welcome().holds_acked()) << "nothing is not held";
}

TEST(NodeSession, AcknowledgesWhatADeltaLeadsTo) {
  Session session;
  session.hello();
  const v1::Report a = report_of("a");
  const SessionStep step = session.delta(1, {}, a);
  EXPECT_TRUE(step.report_changed);
  EXPECT_EQ(only(step).ack().seq(), 1U);
  EXPECT_EQ(only(step).ack().digest(), a.digest());
  EXPECT_EQ((*session).report().boot_id(), "boot-1");
  EXPECT_EQ((*session).report().epoch(), "epoch-1");

  const SessionStep next = session.delta(5, a, report_of("b"));
  EXPECT_EQ(only(next).ack().seq(), 5U);
  EXPECT_EQ((*session).report().items(0).host().name(), "b");
}

TEST(NodeSession, AsksForAllWhenADeltaDoesNotFit) {
  Session session(report_of("held"));
  session.hello();
  const SessionStep step = session.delta(1, report_of("other"), report_of("b"));
  EXPECT_TRUE(only(step).has_need_full());
  EXPECT_FALSE(step.report_changed);
  EXPECT_EQ((*session).report().items(0).host().name(), "held") << "kept until something fits";
  EXPECT_TRUE(only(session.delta(2, {}, report_of("b"))).has_ack());
}

TEST(NodeSession, AnswersHeartbeatsWithoutAnythingToStore) {
  const v1::Report a = report_of("a");
  Session session(a);
  session.hello("e", a.digest());
  const SessionStep step = session.heartbeat(a.digest());
  EXPECT_EQ(only(step).ack().digest(), a.digest());
  EXPECT_FALSE(step.report_changed);
  EXPECT_TRUE(only(session.heartbeat(report_of("b").digest())).has_need_full());
}

TEST(NodeSession, RefusesReplayedAndReorderedDeltas) {
  const v1::Report a = report_of("a");
  const v1::Report b = report_of("b");
  for (const std::uint64_t seq : {0U, 1U, 4U, 5U}) {
    Session session;
    session.hello();
    session.delta(5, {}, a);
    expect_end(session.delta(seq, a, b), SessionEnd::Stale);
    EXPECT_EQ((*session).report().items(0).host().name(), "a") << seq;
  }
}

// The same agent comes back after a lost session: its numbers go on.
TEST(NodeSession, HoldsTheOrderAcrossSessionsOfOneRun) {
  v1::Report held = report_of("a");
  held.set_epoch("epoch-1");
  held.set_seq(5);
  Session same_run(held);
  same_run.hello("epoch-1", held.digest());
  expect_end(same_run.delta(5, held, report_of("b")), SessionEnd::Stale);

  Session next_run(held);
  next_run.hello("epoch-2", held.digest());
  EXPECT_TRUE(only(next_run.delta(1, held, report_of("b"))).has_ack());
}

TEST(NodeSession, RefusesARunThatALaterOneFollowed) {
  Session session;
  session.superseded = {"epoch-1"};
  expect_end(session.hello("epoch-1"), SessionEnd::Stale);
}

TEST(NodeSession, TakesHelloFirstAndOnce) {
  Session before;
  expect_end(before.heartbeat(""), SessionEnd::Malformed);
  Session session;
  session.hello();
  expect_end(session.hello(), SessionEnd::Malformed);
}

TEST(NodeSession, EndsAtWhatIsNoFrame) {
  Session garbage;
  expect_end(garbage.raw("\xff\xff\xff"), SessionEnd::Malformed);
  Session hello_without_epoch;
  expect_end(hello_without_epoch.hello(""), SessionEnd::Malformed);
  Session hello_with_long_epoch;
  expect_end(hello_with_long_epoch.hello(std::string(65, 'e')), SessionEnd::BreaksRules);
  Session hello_with_odd_digest;
  expect_end(hello_with_odd_digest.hello("e", "short"), SessionEnd::Malformed);
  Session empty;
  empty.hello();
  expect_end(empty.raw(""), SessionEnd::Malformed);
  Session wrong_digest;
  wrong_digest.hello();
  v1::Report claimed = report_of("a");
  claimed.set_digest(std::string(32, 'x'));
  expect_end(wrong_digest.delta(1, {}, claimed), SessionEnd::Malformed);
}

TEST(NodeSession, EndsAtAFrameThatBreaksTheRulesAndSaysWhich) {
  Session session;
  session.hello();
  const SessionStep step = session.delta(1, {}, report_of(std::string(257, 'n')));
  expect_end(step, SessionEnd::BreaksRules);
  EXPECT_NE(step.reason.find("delta.changed[0].host.name: 257 characters"), std::string::npos)
      << step.reason;
}

TEST(NodeSession, TakesAnAgentsGoodbyeWithItsReason) {
  Session session;
  session.hello();
  v1::AgentFrame frame;
  frame.mutable_goodbye()->set_reason("joist-agent\nstops");
  const SessionStep step = session.raw(frame.SerializeAsString());
  EXPECT_EQ(static_cast<int>(step.end), static_cast<int>(SessionEnd::Goodbye));
  EXPECT_TRUE(step.replies.empty());
  EXPECT_NE(step.reason.find("joist-agent\\x0astops"), std::string::npos) << step.reason;
}

TEST(NodeSession, PassesOverFramesOfANewerAgent) {
  Session session;
  session.hello();
  v1::AgentFrame newer;
  newer.GetReflection()->MutableUnknownFields(&newer)->AddLengthDelimited(99, "later");
  const SessionStep step = session.say(newer);
  EXPECT_TRUE(step.replies.empty());
  EXPECT_EQ(static_cast<int>(step.end), static_cast<int>(SessionEnd::None));
}

TEST(NodeSession, AsksAHurriedAgentToSlowDownOnceAndEndsAFlood) {
  Session session({}, {.frames_per_second = 1, .burst_frames = 10, .slow_down_frames = 5});
  session.hello();
  v1::AgentFrame frame;
  frame.mutable_heartbeat();
  const std::string bytes = frame.SerializeAsString();
  int asked = 0;
  int taken = 0;
  SessionStep step;
  for (; taken < 100; ++taken) {
    step = session.raw(bytes);  // no time passes
    if (step.end != SessionEnd::None) break;
    for (const auto& reply : step.replies) asked += reply.has_pace() ? 1 : 0;
  }
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(taken, 9);
  expect_end(step, SessionEnd::TooMany);
}

TEST(NodeSession, LetsAQuietAgentTalkForever) {
  Session session;
  session.hello();
  for (int count = 0; count < 10'000; ++count) {
    const SessionStep step = session.heartbeat("");
    ASSERT_EQ(step.replies.size(), 1U);
    ASSERT_TRUE(step.replies[0].has_ack());
  }
}

TEST(NodeSession, GivesUpOnAnAgentItNeverAgreesWith) {
  Session session(report_of("a"));
  session.hello();
  SessionStep step;
  int asked = 0;
  while (step.end == SessionEnd::None && asked < 100) {
    step = session.heartbeat(report_of("b").digest());
    ++asked;
  }
  EXPECT_EQ(asked, 5);
  expect_end(step, SessionEnd::Malformed);
}

}  // namespace
}  // namespace joist::installer
