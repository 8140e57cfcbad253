// /proc/swaps (proc(5)): a header, then one line for each area in use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace joist::disk {

struct Swap {
  std::string path;    // "/dev/dm-1", "/swapfile"
  bool file = false;   // a file; else a whole block device
  std::string device;  // kernel name that `path` leads to; filled by observe()
};

// Malformed names the line.
Result<std::vector<Swap>> parse_swaps(std::string_view text);

}  // namespace joist::disk
