// Jobs of joist-apply: what was done to disks, and what is being done. Pure: ages and rates are
// counted up to `now`.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "ctl/page.h"
#include "joist/v1/apply.pb.h"

namespace joist::ctl {

// All of them in a table.
Page jobs_page(const v1::ListDiskJobsResponse& jobs, WallTime now);

// One in full.
Page job_page(const v1::DiskJob& job, WallTime now);

// Those that are under way.
v1::ListDiskJobsResponse running_jobs(const v1::ListDiskJobsResponse& jobs);

bool is_running(const v1::DiskJob& job);

// "sda: step 1 of 3, zero: 45%, 320 MiB/s, 1h2m left", "sda: done", "sda: failed at …: why".
std::string progress_line(const v1::DiskJob& job, WallTime now);

// What of the line above tells that something has happened, whatever the rate is.
std::string progress_mark(const v1::DiskJob& job);

// The id of the job that `named` means: its id, the beginning of no other's, or a disk's name or
// id, which is the disk's newest job. NotFound: none. Malformed: several.
Result<std::string> find_job(const v1::ListDiskJobsResponse& jobs, const std::string& named);

}  // namespace joist::ctl
