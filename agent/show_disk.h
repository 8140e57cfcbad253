// A disk as it is shown: in the API, in reports, by joistctl.
#pragma once

#include "disk/classify.h"
#include "joist/v1/disk.pb.h"

namespace joist::agent {

// Every string in it is printable. Pure.
v1::Disk show_disk(const disk::ClassifiedDisk& disk);

}  // namespace joist::agent
