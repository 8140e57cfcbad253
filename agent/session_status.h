// The condition InstallerConnected, from what the session says of itself. Pure.
#pragma once

#include <string_view>

#include "joist/v1/agent.pb.h"
#include "joist/v1/condition.pb.h"

namespace joist::agent {

v1::Condition judge_session(const v1::SessionStatus& status);

std::string_view session_state_name(v1::SessionState state);  // "connected"

}  // namespace joist::agent
