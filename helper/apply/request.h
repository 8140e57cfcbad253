// What may be asked of joist-apply, and by whom. Pure.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "joist/v1/apply.pb.h"

namespace joist::apply {

// One datagram. Malformed for whatever is not exactly one request whose fields keep their rules.
Result<v1::ApplyRequest> parse_request(std::string_view datagram);

// Refused: `uid` may not ask that. Root may ask for everything; the agent, who faces the network,
// for what changes nothing and for what root or a policy consented to.
Result<void> check_allowed(const v1::ApplyRequest& request, uid_t uid);

// As it fits a datagram: disks with steps alone, and of what was found less and less. Malformed
// where not even that fits.
Result<v1::DiskPlan> plan_to_show(const v1::DiskPlan& plan);

// As many jobs as fit a datagram, the first of them first; in full where there is one alone.
v1::ListDiskJobsResponse jobs_to_show(std::vector<v1::DiskJob> jobs);

// "20261123T150405123Z-1a2b3c4d".
std::string make_job_id(const std::string& disk_id, WallTime now);

}  // namespace joist::apply
