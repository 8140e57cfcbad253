// Does what a job says, step by step, in a process of its own. Every state is durable before what
// it speaks of is touched:
//
//   probe == what was consented to -> saved (durable) -> clear -> read back -> … -> done
//
// Killed anywhere, the next run goes on from the journal: it clears again what it had begun to
// clear, and makes again the file system that it had begun to make.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "base/sys_root.h"
#include "helper/apply/job_store.h"
#include "joist/v1/journal.pb.h"

namespace joist::apply {

// Between the process that works and the one that serves; in memory that both have.
struct JobProgress {
  std::atomic<std::uint64_t> done_bytes{0};
  std::atomic<std::uint64_t> total_bytes{0};
  std::atomic<bool> cancelled{false};  // stop before the next step
};

struct JobGround {
  SysRoot root;
  JobStore store;
  std::chrono::seconds probe_deadline;
  JobProgress* progress;  // outlives the run
};

// Runs the job to an end, from wherever it was. The state it came to is in the store, and returned;
// an error only where not even that could be written: the job is as it was, and may be run again.
Result<v1::DiskJob> run_job(v1::DiskJob job, const JobGround& ground);

// Puts back what the job cleared, and makes sure that the disk is what it was when its owner
// consented: the fingerprint is the same. Refused: the job runs, cleared nothing, zeroed every
// byte, or somebody wrote to the disk since.
Result<v1::DiskJob> undo_job(v1::DiskJob job, const JobGround& ground);

}  // namespace joist::apply
