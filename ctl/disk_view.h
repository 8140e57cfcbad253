// Disks as a table, for the agent's view and for a node's report.
#pragma once

#include "ctl/page.h"
#include "joist/v1/disk.pb.h"

namespace joist::ctl {

Table disk_table(const google::protobuf::RepeatedPtrField<v1::Disk>& disks);

}  // namespace joist::ctl
