// The two capabilities that the helper has for smartctl's sake, and how everything else
// gets rid of them. Under systemd they are all there are (joist-helper.service).
#pragma once

#include "base/result.h"

namespace joist::helper {

// Puts all capabilities out of effect. What it starts may still take them up. Undone by
// nothing but a capset(2) of this process.
Result<void> rest_capabilities();

// Gives up all capabilities for good, with what this process executes.
Result<void> drop_capabilities();

// Gives up all but what asking a disk for its health takes, for good; what this process
// executes has them:
//   CAP_SYS_RAWIO  ATA pass-through (SG_IO, block/scsi_ioctl.c)
//   CAP_SYS_ADMIN  NVMe Get Log Page (nvme_cmd_allowed() in drivers/nvme/host/ioctl.c)
Result<void> keep_disk_capabilities();

}  // namespace joist::helper
