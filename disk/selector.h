// Which disks a use is about. Pure.
#pragma once

#include "disk/inventory.h"
#include "joist/v1/disk.pb.h"

namespace joist::disk {

// Whether a disk is what the selector names: all that is set holds, of each list one entry. `count`
// and `reserve` are of the many, and for the plan.
bool selects(const v1::DiskSelector& selector, const Disk& disk);

// Whether an NVMe function of which the kernel has no disk may be what the selector names: neither
// its size nor its model nor its id is known. One that has its ids listed names others.
bool may_select(const v1::DiskSelector& selector, const Disk& disk);

}  // namespace joist::disk
