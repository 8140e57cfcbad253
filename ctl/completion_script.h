// ctl/completion/joistctl.bash, built into the program.
#pragma once

#include <string_view>

namespace joist::ctl {

std::string_view completion_script();

}  // namespace joist::ctl
