// The commands that do something, once.
#pragma once

#include "base/result.h"
#include "ctl/command_line.h"
#include "ctl/exit_code.h"
#include "ctl/page.h"

namespace joist::ctl {

// Join, TokenCreate, TokenRevoke, NodeRetire, ConfigCheck or what act_on_disks()
// has. Writes to standard output, and hints and questions to standard error. What failed is the
// error; what was answered with no is ExitCode::No.
Result<ExitCode> act(const CommandLine& line, const Screen& screen);

}  // namespace joist::ctl
