// The commands that prepare disks: consent, work, undo. All of them speak to joist-apply, which
// plans for itself and refuses whatever is not the plan that was shown.
#pragma once

#include "base/result.h"
#include "ctl/command_line.h"
#include "ctl/exit_code.h"
#include "ctl/page.h"

namespace joist::ctl {

// DiskApprove, DiskApply, DiskWipe, DiskUndo or DiskCancel; as act().
Result<ExitCode> act_on_disks(const CommandLine& line, const Screen& screen);

}  // namespace joist::ctl
