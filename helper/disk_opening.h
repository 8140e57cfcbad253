// Opens a disk for reading, and makes sure that it is the one that was meant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace joist::helper {

// The device node of a disk, which is not opened: opening wakes a disk that the kernel has
// suspended. Otherwise as open_disk().
Result<std::string> find_disk(std::string_view name, std::uint64_t diskseq);

struct OpenedDisk {
  UniqueFd fd;
  std::vector<std::string> holders;  // of the disk and its partitions, sorted
  bool held = false;                 // O_EXCL was refused with EBUSY; asked of zeros alone
};

// `name`: a whole disk in /sys/block (is_disk_name()). `diskseq`: 0 for
// whichever has the name. NotFound: no such disk. Refused: the node is not that
// device, it may not be opened, or another disk has the name by now. Io: it
// cannot be opened or read. To learn `held`, a disk that nobody holds is held
// for the blink of an open and a close, in which somebody's mkfs or mount would
// meet EBUSY: so that is done last, and only where nothing else keeps the disk
// from being blank. Blocks for as long as the device does.
Result<OpenedDisk> open_disk(std::string_view name, std::uint64_t diskseq);

}  // namespace joist::helper
