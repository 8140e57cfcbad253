// The condition DisksPrepared: whether the disks are as storage.uses wants them.
#pragma once

#include "disk/plan.h"
#include "joist/v1/condition.pb.h"

namespace joist::disk {

// Pure. Of the disks of a look that succeeded; `inventoried`: judge() of it, whose evidence this
// has: a plan of disks that are not known says nothing. Leaves transition_time and evidence.boot_id
// to the caller.
//   True     Prepared, NothingToPrepare (there are no uses)
//   False    StepsLeft: the plan has something to do, also a mount that is gone
//            TooFewDisks, NoDisks: a use has not the disks it wants, or none at all
//            DisksRefused: a disk is where its use cannot be done (plan.h)
//   Unknown  DisksNotKnown, HostNotKnown; DisksBeingRead as judge()
v1::Condition judge_preparation(const PlanGround& ground, const v1::Condition& inventoried);

}  // namespace joist::disk
