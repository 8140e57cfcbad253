// One probe, in a process of its own: a disk that hangs in the kernel hangs
// that process alone, and one that breaks libblkid breaks a process that can
// open nothing.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "joist/v1/helper.pb.h"

namespace joist::helper {

struct ProbeProcess {
  pid_t pid = -1;
  UniqueFd answer;   // one datagram, a joist.v1.HelperResponse; closed without one if it died
  std::string name;  // of the disk
  std::chrono::steady_clock::time_point deadline;
};

// Where a child has the socket for its answer.
inline constexpr int kAnswerFd = 3;

// Forks a child that answers with what `work` returns. It leads a process group of its own. The
// rest as start_probe().
Result<ProbeProcess> start_process(std::string name, std::chrono::steady_clock::time_point deadline,
                                   const std::function<v1::HelperResponse()>& work);

// Forks. The caller has one thread, takes `answer` when it is readable, and
// reaps `pid`. The child keeps no descriptor of the parent's, so that clients
// and sockets can be closed while it hangs; it is killed when the parent ends.
Result<ProbeProcess> start_probe(const v1::ProbeRequest& request,
                                 std::chrono::steady_clock::time_point deadline);

// Kills it, and what it started. One that was reaped (`pid` -1) is gone: the number would mean
// every process of the host to kill(2).
void kill_probe(const ProbeProcess& probe);

// What the child does: open, confine, read. Never fails: the answer says it.
v1::HelperResponse answer_probe(const v1::ProbeRequest& request);

}  // namespace joist::helper
