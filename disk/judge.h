// The condition DisksInventoried: whether what Joist says of the host's disks
// can be relied on. Not whether the disks are good.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "disk/classify.h"
#include "joist/v1/condition.pb.h"

namespace joist::disk {

// One look at the disks, and what became of it.
struct InventoryTaken {
  Inventory inventory;
  std::vector<ClassifiedDisk> disks;  // classify(inventory, …)
};

// An inventory older than this says nothing any more. Look again well before.
inline constexpr std::chrono::seconds kInventoryTimeToLive{180};

// Pure. `taken`: the last look; nullopt before the first; the error if the last
// look failed. Leaves transition_time and evidence.boot_id to the caller.
//   True     Inventoried
//   False    SystemDiskUnknown: nothing may be done to any disk of this host
//   Unknown  NotObserved, ObservationFailed, Stale, DisksNotProbed
v1::Condition judge(const std::optional<Result<InventoryTaken>>& taken, Moment now);

}  // namespace joist::disk
