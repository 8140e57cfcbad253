// Which disks a use is about. Pure.
#pragma once

#include "disk/inventory.h"
#include "joist/v1/disk.pb.h"

namespace joist::disk {

// Whether a disk is what the selector names: all that is set holds, of each list one entry. `count`
// and `reserve` are of the many, and for the plan.
bool selects(const v1::DiskSelector& selector, const Disk& disk);

}  // namespace joist::disk
