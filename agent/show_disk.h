// A disk as it is shown: in the API, in reports, by joistctl.
#pragma once

#include "disk/classify.h"
#include "joist/v1/disk.pb.h"

namespace joist::agent {

// Every string in it is printable. Pure.
v1::Disk show_disk(const disk::ClassifiedDisk& disk);

// Leaves out the figures and times, which move with every reading: a report that had them would
// be sent every time, to say nothing new (agent/report_items.h).
void keep_verdict(v1::Disk& disk);

}  // namespace joist::agent
