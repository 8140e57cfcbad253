// Goal: handshakes take turns, and no peer takes the turns of others.
#include "wire/handshake_gate.h"

#include <gtest/gtest.h>

#include <vector>

namespace joist::wire {
namespace {

using namespace std::chrono_literals;

class HandshakeGateTest : public ::testing::Test {
 protected:
  asio::io_context io_{1};
  HandshakeGate gate_{2, 1};
  std::vector<std::string> let_in_;
  std::vector<std::string> turned_away_;

  void come(std::string peer, std::chrono::seconds patience = 60s) {
    const auto until = std::chrono::steady_clock::now() + patience;
    asio::co_spawn(
        io_,
        [this, until, name = std::move(peer)]() -> Task<void> {
          const bool let_in = co_await gate_.enter(name, until);
          (let_in ? let_in_ : turned_away_).push_back(name);
        },
        rethrow);
    io_.restart();
    io_.poll();
  }

  void leave(const std::string& peer) {
    gate_.leave(peer);
    io_.restart();
    io_.poll();
  }
};

TEST_F(HandshakeGateTest, LetsInAsManyAsItHasPlacesAndTheRestInTheirTurn) {
  for (const char* peer : {"a", "b", "c", "d"}) come(peer);
  EXPECT_EQ(let_in_, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(gate_.waiting(), 2U);
  leave("b");
  EXPECT_EQ(let_in_, (std::vector<std::string>{"a", "b", "c"}));
  leave("a");
  leave("c");
  leave("d");
  EXPECT_EQ(let_in_, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(gate_.under_way(), 0U);
}

TEST_F(HandshakeGateTest, LetsOthersPastAPeerThatHasAllItMayHave) {
  for (const char* peer : {"a", "a", "a", "b"}) come(peer);
  EXPECT_EQ(let_in_, (std::vector<std::string>{"a", "b"}));
  come("c");
  leave("b");
  EXPECT_EQ(let_in_, (std::vector<std::string>{"a", "b", "c"}));
  leave("a");
  EXPECT_EQ(let_in_, (std::vector<std::string>{"a", "b", "c", "a"}));
  EXPECT_EQ(gate_.waiting(), 1U);
}

TEST_F(HandshakeGateTest, TurnsAwayWhoWaitedTooLong) {
  come("a");
  come("a", 0s);
  io_.restart();
  io_.run_for(5s);
  EXPECT_EQ(turned_away_, (std::vector<std::string>{"a"}));
  EXPECT_EQ(gate_.waiting(), 0U);
  leave("a");
  EXPECT_EQ(let_in_, (std::vector<std::string>{"a"}));
}

TEST_F(HandshakeGateTest, TurnsEverybodyAwayOnceClosed) {
  come("a");
  come("a");
  gate_.close();
  io_.restart();
  io_.poll();
  come("b");
  EXPECT_EQ(turned_away_, (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace joist::wire
