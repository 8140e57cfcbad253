// The condition DisksPrepared: whether the disks are as storage.uses wants them.
#pragma once

#include <string>

#include "base/clock.h"
#include "disk/judge.h"
#include "joist/v1/condition.pb.h"
#include "joist/v1/disk.pb.h"

namespace joist::disk {

// Pure. Of a look that succeeded; `inventoried`: judge() of it, whose evidence it has: a plan of
// disks that are not known says nothing. `host`: /etc/machine-id. Leaves transition_time and
// evidence.boot_id to the caller.
//   True     Prepared, NothingToPrepare (there are no uses)
//   False    StepsLeft: the plan has something to do, also a mount that is gone
//            TooFewDisks, NoDisks: a use has not the disks it wants, or none at all
//            DisksRefused: a disk is where its use cannot be done (plan.h)
//   Unknown  DisksNotKnown, HostNotKnown; DisksBeingRead as judge()
v1::Condition judge_fulfilment(const InventoryTaken& taken, const v1::Condition& inventoried,
                               const v1::StorageSpec& spec, const std::string& host);

}  // namespace joist::disk
