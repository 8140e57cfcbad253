// What `joistctl --help` says, made from the table of commands. Pure.
#pragma once

#include <string>

#include "base/result.h"

namespace joist::ctl {

std::string general_help();

// `name` is a command ("node retire") or what several begin with ("token");
// Malformed: it is neither.
Result<std::string> command_help(const std::string& name);

}  // namespace joist::ctl
