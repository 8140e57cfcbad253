// The condition InstallerConnected, from what the session says of itself. Pure.
#pragma once

#include <string_view>

#include "joist/v1/agent.pb.h"
#include "joist/v1/condition.pb.h"

namespace joist::agent {

// `refused`: the installer answered, and does not know this host (any more).
v1::Condition judge_session(const v1::SessionStatus& status, bool refused);

std::string_view session_state_name(v1::SessionState state);  // "connected"

}  // namespace joist::agent
