// The record of the disks that this host had, STATE_DIR/seen-disks (0600), kept over reboots.
// Without it (the first look of all, or somebody removed it) whatever there is counts as what it
// always was.
#pragma once

#include <string>
#include <vector>

#include "base/sys_root.h"
#include "disk/seen.h"

namespace joist::agent {

struct SeenNow {
  std::vector<v1::DiskDoubt> doubts;
  std::string problem;  // why the record could not be read or written; empty: it was
};

// Compares a look with the record, and keeps in it what is new. A record that is there and cannot
// be read puts every disk in doubt, and is left as it is. Blocks on a small file. One caller a path
// at a time. `root`: for this boot's id.
SeenNow see_disks(const std::string& path, const SysRoot& root, const disk::Inventory& inventory);

}  // namespace joist::agent
