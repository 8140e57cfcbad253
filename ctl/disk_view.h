// Disks as a table, for the agent's view and for a node's report.
#pragma once

#include "base/clock.h"
#include "ctl/page.h"
#include "joist/v1/disk.pb.h"

namespace joist::ctl {

// Ages are counted up to `now`; reports have none.
Table disk_table(const google::protobuf::RepeatedPtrField<v1::Disk>& disks, WallTime now);

}  // namespace joist::ctl
