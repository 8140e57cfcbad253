// Stays with jobs until they are at an end, and shows how they go. Only main's thread.
#pragma once

#include "base/result.h"
#include "ctl/apply_api.h"
#include "ctl/page.h"
#include "joist/v1/apply.pb.h"

namespace joist::ctl {

struct Followed {
  v1::ApplyDisksResponse jobs;  // as they were last
  bool broken_off = false;      // by Ctrl-C or SIGTERM: the work goes on
};

// Shows on standard error where `aside`, else on standard output: on a terminal a line a job that
// moves, elsewhere a line for each thing that happens. Unavailable: joist-apply did not come back.
Result<Followed> follow_jobs(const ApplyApi& api, const v1::ApplyDisksResponse& begun, bool aside,
                             const Screen& screen);

// Whether all of them were done to the end.
bool all_done(const v1::ApplyDisksResponse& jobs);

}  // namespace joist::ctl
