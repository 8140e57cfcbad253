// Who uses which disk, through whatever stands between: partitions, dm (LVM,
// crypt, multipath), md, bcache, loop files and btrfs over several devices.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "disk/block_layer.h"
#include "disk/inventory.h"

namespace joist::disk {

struct DiskUsers {
  std::map<std::string, std::vector<Use>> by_disk;  // keyed by the whole disk's name

  // Why some system mount or swap could not be followed down to whole disks.
  // Empty: all were.
  std::string system_unresolved;

  // ResumeDevice::spec of those that no device here is called, as far as udev knows.
  std::vector<std::string> resume_unresolved;
};

// Pure. Every whole device on the way counts as used: with / on an LV on an md
// of sda1 and sdb1 that is dm-0, md0, sda and sdb.
DiskUsers trace_users(const BlockLayer& layer);

}  // namespace joist::disk
