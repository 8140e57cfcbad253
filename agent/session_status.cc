#include "agent/session_status.h"

#include <string>
#include <utility>

namespace joist::agent {
namespace {

void conclude(v1::Condition& condition, v1::ConditionStatus status, std::string reason,
              std::string message) {
  condition.set_status(status);
  condition.set_reason(std::move(reason));
  condition.set_message(std::move(message));
}

}  // namespace

v1::Condition judge_session(const v1::SessionStatus& status, bool refused) {
  v1::Condition condition;
  condition.set_type("InstallerConnected");
  condition.set_severity(v1::SEVERITY_BLOCKING);
  condition.add_blocks("*");
  condition.set_remedy(v1::REMEDY_AUTOMATIC);
  v1::Evidence& evidence = *condition.mutable_evidence();
  evidence.set_source("the session with the installer");
  evidence.set_value(std::string(session_state_name(status.state())));
  evidence.set_threshold("connected");

  if (status.state() == v1::SESSION_STATE_CONNECTED) {
    conclude(condition, v1::CONDITION_STATUS_TRUE, "SessionOpen",
             "in session with " + status.endpoint());
  } else if (status.state() == v1::SESSION_STATE_NOT_JOINED) {
    condition.set_remedy(v1::REMEDY_NONE);
    const bool damaged = !status.error().empty();
    conclude(condition, v1::CONDITION_STATUS_FALSE, damaged ? "IdentityUnusable" : "NotJoined",
             damaged ? status.error()
                     : "this host has not joined an installer: `joistctl token create` there, then "
                       "`joistctl join` here");
  } else if (refused) {
    condition.set_remedy(v1::REMEDY_NONE);
    conclude(condition, v1::CONDITION_STATUS_FALSE, "SessionRefused", status.error());
  } else {
    conclude(condition, v1::CONDITION_STATUS_FALSE, "NoSession",
             "no session with " + status.endpoint() +
                 (status.error().empty() ? std::string() : ": " + status.error()));
  }
  return condition;
}

std::string_view session_state_name(v1::SessionState state) {
  switch (state) {
    case v1::SESSION_STATE_NOT_JOINED:
      return "not joined";
    case v1::SESSION_STATE_CONNECTING:
      return "connecting";
    case v1::SESSION_STATE_CONNECTED:
      return "connected";
    case v1::SESSION_STATE_WAITING:
      return "waiting";
    default:
      return "unknown";
  }
}

}  // namespace joist::agent
