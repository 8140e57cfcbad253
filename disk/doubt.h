// What speaks against a disk beside what it is now: what the agent learned over time. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "disk/inventory.h"
#include "joist/v1/disk.pb.h"

namespace joist::disk {

// `why` is what is wrong with it; what a person can do is said with it.
v1::DiskDoubt make_doubt(const Disk& disk, std::string_view code, const std::string& why);

// DiskFailing, of a disk that has an id. What will only hurt later keeps no disk from being used.
std::optional<v1::DiskDoubt> doubt_health(const Disk& disk, const v1::DiskHealth& health);

// Those of `doubts` that are of the disk.
std::vector<v1::DiskReason> doubts_of(const Disk& disk, const std::vector<v1::DiskDoubt>& doubts);

}  // namespace joist::disk
