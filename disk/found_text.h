// What was found on a disk, in words. Pure.
#pragma once

#include <string>
#include <vector>

#include "disk/probe_result.h"

namespace joist::disk {

// A line for each format on each device, by its first place: "ext4 at byte 1080 (sda1), labelled
// \"data\", and 4 copies".
std::vector<std::string> signature_lines(const std::vector<Signature>& signatures);

// All that is on a disk and would be gone: signatures, partitions, other data. Empty: nothing.
std::vector<std::string> found_lines(const ProbeResult& found);

}  // namespace joist::disk
