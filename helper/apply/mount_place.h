// Where a file system is mounted, now and at every boot, and that nothing can be put there while it
// is not: Longhorn that finds an empty directory fills the host's own disk, and takes it for a new
// one.
#pragma once

#include <string>

#include "base/result.h"
#include "base/sys_root.h"
#include "disk/mountinfo.h"
#include "joist/v1/plan.pb.h"

namespace joist::apply {

// "/var/lib/longhorn-disks/1a2b" -> "var-lib-longhorn\\x2ddisks-1a2b.mount" (systemd-escape(1)).
std::string mount_unit_name(const std::string& mount_point);

// The unit: by UUID, and needed by nothing, so that a host whose disk is gone still boots. Pure.
std::string mount_unit_text(const v1::PlannedDisk& planned);

// Whether the file system could be mounted there, asked before anything is lost for it. Refused: a
// link is in the path, something else is mounted there, the directory is not empty, or a person's
// own unit mounts there.
Result<void> check_place(const SysRoot& root, const v1::PlannedDisk& planned,
                         const std::string& disk_name);

// Makes the mount point, immutable (chattr(1) +i) while nothing is mounted there, writes the unit
// into /etc/systemd/system, and has systemd mount it. Then it is what is mounted: of the device's
// number and the file system's type. Refused as check_place().
Result<void> mount_at_every_boot(const SysRoot& root, const v1::PlannedDisk& planned,
                                 const std::string& disk_name);

}  // namespace joist::apply
