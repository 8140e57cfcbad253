// The commands that show disks, beside the list of them: one in full, the plan, jobs, and what goes
// to Rook and Longhorn.
#pragma once

#include "base/result.h"
#include "ctl/command_line.h"
#include "ctl/page.h"
#include "ctl/show.h"

namespace joist::ctl {

// DiskShow, DiskPlan, DiskHistory, DiskWatch, DiskCeph or DiskLonghorn; as show().
Result<Shown> show_of_disks(const CommandLine& line, const Screen& screen);

}  // namespace joist::ctl
