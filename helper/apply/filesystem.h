// Makes the file system that a plan names.
#pragma once

#include "base/result.h"
#include "joist/v1/plan.pb.h"

namespace joist::apply {

// By mkfs.xfs or mkfs.ext4, which take the disk for themselves (O_EXCL): nobody else may hold it.
// `path`: of the device. Blocks for as long as it takes.
Result<void> make_filesystem(const v1::PlannedDisk& planned, const std::string& path);

// As mountinfo and libblkid name it: "xfs".
std::string filesystem_type(v1::Filesystem filesystem);

}  // namespace joist::apply
