// What this host's disks are now, read by root itself: what a plan is made from that is acted on.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sys_root.h"
#include "disk/plan.h"

namespace joist::apply {

// /etc/machine-id. NotFound, with what makes one, where there is none.
Result<std::string> host_id(const SysRoot& root);

// Looks at all disks and reads those that are worth it, a few at a time, each in a confined process
// of its own (helper/probe_process.h). A disk that cannot be read within `deadline` counts as
// unknown. NotFound: one of `only` is no disk of this host.
Result<disk::PlanGround> survey(const SysRoot& root, const v1::StorageSpec& spec,
                                const std::vector<std::string>& only,
                                std::chrono::seconds deadline);

// Reads one disk, likewise.
Result<disk::ProbeResult> probe_disk(const std::string& name, std::uint64_t diskseq,
                                     std::chrono::seconds deadline);

}  // namespace joist::apply
