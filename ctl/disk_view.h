// Disks as a table, for the agent's view and for a node's report; and one in full.
#pragma once

#include "base/clock.h"
#include "ctl/page.h"
#include "joist/v1/agent.pb.h"

namespace joist::ctl {

// Ages are counted up to `now`; reports have none.
Table disk_table(const google::protobuf::RepeatedPtrField<v1::Disk>& disks, WallTime now);

// All that is known of a disk, without what is planned for it.
Page disk_page(const v1::Disk& disk, WallTime now);

// The disk that `name` is the id or the name of; null: there is none.
const v1::Disk* find_disk(const v1::ListDisksResponse& disks, const std::string& name);

Cell disk_class_cell(v1::DiskClass disk_class);

// "holds ext4; is smaller than 5 GiB"; "-" for none.
std::string reasons_text(const google::protobuf::RepeatedPtrField<v1::DiskReason>& reasons);

}  // namespace joist::ctl
