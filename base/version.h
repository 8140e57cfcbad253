// Which Joist this is, as the programs' --version and Host.agent_version say.
#pragma once

#include <string_view>

namespace joist {

std::string_view version();  // "0.1.0"

}  // namespace joist
