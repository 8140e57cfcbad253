// Goal: whatever becomes of a session, the installer ends with the current
// report, and nothing is sent twice that it holds. Method: a small installer of
// the same algebra at the other end, and every step under the test's control.
#include "agent/report_feed.h"

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include "base/report.h"

namespace joist::agent {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{100s};

v1::Report report_of(std::initializer_list<std::pair<std::string, std::string>> conditions) {
  std::vector<v1::ReportItem> items;
  for (const auto& [type, reason] : conditions) {
    v1::ReportItem item;
    item.set_key("condition/" + type);
    item.mutable_condition()->set_type(type);
    item.mutable_condition()->set_reason(reason);
    items.push_back(std::move(item));
  }
  auto report = make_report(std::move(items));
  EXPECT_TRUE(report.has_value()) << report.error().message;
  return std::move(*report);
}

v1::Ack ack_of(const v1::Report& report) {
  v1::Ack ack;
  ack.set_seq(report.seq());
  ack.set_digest(report.digest());
  return ack;
}

v1::Welcome welcome(bool holds_acked) {
  v1::Welcome frame;
  frame.set_holds_acked(holds_acked);
  return frame;
}

// What the other side keeps.
struct Held {
  v1::Report report;

  v1::Ack take(const v1::Delta& delta) {
    auto next = apply(report, delta);
    EXPECT_TRUE(next.has_value()) << next.error().message;
    if (next) report = std::move(*next);
    return ack_of(report);
  }
};

class ReportFeedTest : public ::testing::Test {
 protected:
  ReportFeed feed_{"boot", "epoch", "0.1.0"};
  Held held_;

  void connect() {
    feed_.on_welcome(welcome(feed_.hello().acked_digest() == held_.report.digest()));
  }

  void send_all(SteadyTime now = kStart) {
    while (auto delta = feed_.next(now)) {
      ASSERT_TRUE(feed_.on_ack(held_.take(*delta)).has_value());
      now += 1s;
    }
  }
};

TEST_F(ReportFeedTest, BeginsWithNothingAndSendsAll) {
  feed_.update(report_of({{"A", "x"}, {"B", "x"}}));
  EXPECT_EQ(feed_.hello().acked_digest(), "");
  feed_.on_welcome(welcome(false));
  const auto delta = feed_.next(kStart);
  ASSERT_TRUE(delta.has_value());
  EXPECT_EQ(delta->base_digest(), "");
  EXPECT_EQ(delta->changed_size(), 2);
  EXPECT_EQ(delta->seq(), 1U);
}

TEST_F(ReportFeedTest, HasOneDeltaUnderWayAndCoalescesWhatHappensMeanwhile) {
  feed_.update(report_of({{"A", "1"}}));
  connect();
  const auto first = feed_.next(kStart);
  ASSERT_TRUE(first.has_value());
  feed_.update(report_of({{"A", "2"}}));
  feed_.update(report_of({{"A", "3"}, {"B", "1"}}));
  EXPECT_FALSE(feed_.next(kStart + 60s).has_value());
  EXPECT_FALSE(feed_.heartbeat().has_value());

  ASSERT_TRUE(feed_.on_ack(held_.take(*first)).has_value());
  const auto second = feed_.next(kStart + 60s);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->changed_size(), 2);
  ASSERT_TRUE(feed_.on_ack(held_.take(*second)).has_value());
  EXPECT_EQ(held_.report.digest(), feed_.current().digest());
  EXPECT_EQ(feed_.acked_seq(), 2U);
  EXPECT_FALSE(feed_.next(kStart + 120s).has_value());
}

TEST_F(ReportFeedTest, SendsWhatChangedOnlyAfterTheInstallerWasAway) {
  feed_.update(report_of({{"A", "1"}, {"B", "1"}, {"C", "1"}}));
  connect();
  send_all();
  feed_.update(report_of({{"A", "2"}, {"B", "1"}}));  // while there is no session

  connect();
  const auto delta = feed_.next(kStart + 60s);
  ASSERT_TRUE(delta.has_value());
  EXPECT_EQ(delta->base_digest(), held_.report.digest());
  EXPECT_EQ(delta->changed_size(), 1);
  EXPECT_EQ(delta->removed_size(), 1);
  held_.take(*delta);
  EXPECT_EQ(held_.report.digest(), feed_.current().digest());
}

TEST_F(ReportFeedTest, StartsFromNothingWithAnInstallerThatForgot) {
  feed_.update(report_of({{"A", "1"}, {"B", "1"}}));
  connect();
  send_all();
  held_ = {};
  connect();
  const auto delta = feed_.next(kStart + 60s);
  ASSERT_TRUE(delta.has_value());
  EXPECT_EQ(delta->base_digest(), "");
  EXPECT_EQ(delta->changed_size(), 2);
}

// The installer may have stored the delta whose answer was lost.
TEST_F(ReportFeedTest, RecoversWhenAnAnswerIsLost) {
  feed_.update(report_of({{"A", "1"}}));
  connect();
  send_all();
  feed_.update(report_of({{"A", "2"}}));
  held_.take(*feed_.next(kStart + 10s));  // and the session ends before the Ack

  connect();
  send_all(kStart + 20s);
  EXPECT_EQ(held_.report.digest(), feed_.current().digest());
}

TEST_F(ReportFeedTest, SendsAllWhenAsked) {
  feed_.update(report_of({{"A", "1"}, {"B", "1"}}));
  connect();
  send_all();
  feed_.on_need_full();
  const auto delta = feed_.next(kStart + 10s);
  ASSERT_TRUE(delta.has_value());
  EXPECT_EQ(delta->base_digest(), "");
}

TEST_F(ReportFeedTest, KeepsThePaceItIsAskedFor) {
  feed_.update(report_of({{"A", "1"}}));
  connect();
  v1::Pace pace;
  pace.mutable_interval()->set_seconds(30);
  feed_.on_pace(pace);
  ASSERT_TRUE(feed_.on_ack(held_.take(*feed_.next(kStart))).has_value());
  feed_.update(report_of({{"A", "2"}}));
  EXPECT_FALSE(feed_.next(kStart + 29s).has_value());
  EXPECT_EQ(feed_.next_due(), kStart + 30s);
  EXPECT_TRUE(feed_.next(kStart + 30s).has_value());
}

TEST_F(ReportFeedTest, BoundsAPaceThatMakesNoSense) {
  for (const std::int64_t seconds : {-5LL, 0LL, 315'576'000'000LL}) {
    SCOPED_TRACE(seconds);
    ReportFeed feed("boot", "epoch", "0.1.0");
    feed.update(report_of({{"A", "1"}}));
    feed.on_welcome(welcome(false));
    v1::Pace pace;
    pace.mutable_interval()->set_seconds(seconds);
    feed.on_pace(pace);
    const auto delta = feed.next(kStart);
    ASSERT_TRUE(delta.has_value());
    feed.on_need_full();
    ASSERT_TRUE(feed.next_due().has_value());
    EXPECT_GE(*feed.next_due(), kStart + 1s);
    EXPECT_LE(*feed.next_due(), kStart + 10min);
  }
}

TEST_F(ReportFeedTest, RefusesAnAnswerToWhatItNeverSent) {
  feed_.update(report_of({{"A", "1"}}));
  connect();
  ASSERT_TRUE(feed_.next(kStart).has_value());
  v1::Ack forged;
  forged.set_seq(7);
  forged.set_digest(std::string(32, 'x'));
  const auto taken = feed_.on_ack(forged);
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, ErrorCode::Malformed);
}

TEST_F(ReportFeedTest, VouchesForWhatTheInstallerHolds) {
  EXPECT_FALSE(feed_.heartbeat().has_value());
  feed_.update(report_of({{"A", "1"}}));
  connect();
  send_all();
  feed_.update(report_of({{"A", "2"}}));  // not sent yet
  const auto heartbeat = feed_.heartbeat();
  ASSERT_TRUE(heartbeat.has_value());
  EXPECT_EQ(heartbeat->digest(), held_.report.digest());
  EXPECT_TRUE(feed_.on_ack(ack_of(held_.report)).has_value());
}

// A host with more to tell than one frame holds.
TEST_F(ReportFeedTest, GetsThereInPartsWhenItIsMuch) {
  std::vector<v1::ReportItem> items;
  for (int i = 0; i < 3000; ++i) {
    v1::ReportItem item;
    item.set_key("disk/" + std::to_string(100000 + i));
    item.mutable_disk()->set_model(std::string(1000, 'm'));
    items.push_back(std::move(item));
  }
  auto report = make_report(std::move(items));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  feed_.update(*report);
  connect();
  int deltas = 0;
  for (SteadyTime now = kStart; auto delta = feed_.next(now); now += 1s) {
    EXPECT_LE(delta->ByteSizeLong(), kDeltaBytesMax);
    ASSERT_TRUE(feed_.on_ack(held_.take(*delta)).has_value());
    ++deltas;
  }
  EXPECT_GT(deltas, 3);
  EXPECT_EQ(held_.report.digest(), feed_.current().digest());
}

}  // namespace
}  // namespace joist::agent
