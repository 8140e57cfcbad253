#include "agent/session_status.h"

#include <gtest/gtest.h>

namespace joist::agent {
namespace {

v1::SessionStatus status_of(v1::SessionState state, std::string error) {
  v1::SessionStatus status;
  status.set_state(state);
  status.set_endpoint("installer.example:7443");
  status.set_error(std::move(error));
  return status;
}

TEST(JudgeSession, KnowsLostFromRefusedFromNeverJoined) {
  const struct {
    v1::SessionState state;
    const char* error;
    bool refused;
    v1::ConditionStatus status;
    const char* reason;
    const char* message;
  } cases[] = {
      {v1::SESSION_STATE_CONNECTED, "", false, v1::CONDITION_STATUS_TRUE, "SessionOpen",
       "in session with installer.example:7443"},
      {v1::SESSION_STATE_CONNECTING, "", false, v1::CONDITION_STATUS_FALSE, "NoSession",
       "no session with installer.example:7443"},
      {v1::SESSION_STATE_WAITING, "connection refused", false, v1::CONDITION_STATUS_FALSE,
       "NoSession", "no session with installer.example:7443: connection refused"},
      {v1::SESSION_STATE_WAITING, "retired; join again", true, v1::CONDITION_STATUS_FALSE,
       "SessionRefused", "retired; join again"},
      {v1::SESSION_STATE_NOT_JOINED, "node.pem is damaged; join again", false,
       v1::CONDITION_STATUS_FALSE, "IdentityUnusable", "node.pem is damaged; join again"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.message);
    const auto condition = judge_session(status_of(one.state, one.error), one.refused);
    EXPECT_EQ(condition.type(), "InstallerConnected");
    EXPECT_EQ(condition.status(), one.status);
    EXPECT_EQ(condition.reason(), one.reason);
    EXPECT_EQ(condition.message(), one.message);
  }
}

TEST(JudgeSession, TellsAHostThatNeverJoinedHowTo) {
  const auto condition = judge_session(status_of(v1::SESSION_STATE_NOT_JOINED, ""), false);
  EXPECT_NE(condition.message().find("joistctl join"), std::string::npos);
  EXPECT_EQ(condition.reason(), "NotJoined");
}

}  // namespace
}  // namespace joist::agent
