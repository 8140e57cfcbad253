// Reads the host's block layer. Never opens a device: what is on the disks is
// for the helper to say (disk/probe.h).
#pragma once

#include "base/result.h"
#include "base/sys_root.h"
#include "disk/block_layer.h"
#include "disk/inventory.h"

namespace joist::disk {

// /sys/class/block, /proc/1/mountinfo and /proc/self/mountinfo (both where both
// can be read: in a container or chroot only one shows what the host mounted),
// /proc/swaps, /sys/fs/btrfs, /proc/cmdline, /sys/power/resume, /sys/bus/pci, udev's database.
// Fails only if /sys/class/block cannot be listed; the rest goes to BlockLayer::unread. Threads:
// any; blocks for milliseconds, never on a disk.
Result<BlockLayer> read_block_layer(const SysRoot& root);

// read_block_layer(), then take_inventory().
Result<Inventory> observe(const SysRoot& root, Moment now);

}  // namespace joist::disk
