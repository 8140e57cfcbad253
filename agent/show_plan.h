// The plan of the disks as it is shown: what storage.uses, or others in their place, would do.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "disk/judge.h"
#include "joist/v1/agent.pb.h"

namespace joist::agent {

// Of the disks that `taken` has, classified under `storage`, and of what speaks against them.
// `host`: /etc/machine-id.
// NotFound: an entry of `only` is no disk's id or name. Pure.
Result<v1::PlanDisksResponse> show_plan(const disk::InventoryTaken& taken,
                                        const v1::StorageSpec& storage, const std::string& host,
                                        const std::vector<v1::DiskDoubt>& doubts,
                                        const v1::PlanDisksRequest& request);

}  // namespace joist::agent
