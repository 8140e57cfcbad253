// Something that takes its time, in a process of its own: a survey of all disks, a job, an undo.
// Its answer comes through a pipe, so that its size has no limit but the sender's.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

#include "base/unique_fd.h"

namespace joist::apply {

struct Work {
  pid_t pid = -1;
  UniqueFd output;     // readable when there is more of the answer, or its end
  std::string answer;  // so far

  // Takes what has come. True: that was the end. Never blocks.
  bool hear();
};

// Forks. The child returns what `work` does and dies with its parent; it keeps no descriptor of the
// parent's. `pid` < 0: there is no process to be had.
Work start_work(const char* name, const std::function<std::string()>& work);

// Kills it, if it is not at its end already. False: it is not gone yet, and may wait for a disk in
// the kernel; ask again, and do not wait for it.
bool end_work(Work& work);

}  // namespace joist::apply
