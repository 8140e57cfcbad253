// The condition DisksInventoried: whether what Joist says of the host's disks
// can be relied on. Not whether the disks are good.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "disk/classify.h"
#include "joist/v1/condition.pb.h"

namespace joist::disk {

// One look at the disks that succeeded, and what became of it.
struct InventoryTaken {
  Inventory inventory;
  std::vector<ClassifiedDisk> disks;  // classify(inventory, …)
  std::string late;  // why the next change shows with the next look alone; empty: it shows at once
  std::vector<v1::DiskDoubt> doubts = {};  // disks that are not what they were
};

// An inventory older than this says nothing any more. Look again well before.
inline constexpr std::chrono::seconds kInventoryTimeToLive{180};

// Why a look failed, and when it began: it is as old as one that succeeded then.
struct LookFailed {
  Error error;
  Moment began;
};

// The last look.
using Look = tl::expected<InventoryTaken, LookFailed>;

// The reason while disks wait for their first reading: a look not yet finished,
// that says nothing against what was known before.
inline constexpr std::string_view kBeingRead = "DisksBeingRead";

// Pure. Leaves transition_time and evidence.boot_id to the caller.
//   True     Inventoried
//   False    SystemDiskUnknown: nothing may be done to any disk of this host
//   Unknown  ObservationFailed, Stale, DisksNotProbed, DisksBeingRead
v1::Condition judge(const Look& look, Moment now);

}  // namespace joist::disk
