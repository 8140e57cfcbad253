#include "helper/probe_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/problem.h"
#include "base/seqpacket.h"
#include "base/sha256.h"
#include "disk/probe.h"
#include "helper/capabilities.h"
#include "helper/confinement.h"
#include "helper/disk_opening.h"

namespace joist::helper {
namespace {

// A child of root's own, still with everything; it lets go of it here.
void let_go_of_parent(pid_t parent, int answer_fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it ended before it was asked to tell
  ::setpgid(0, 0);
  ::prctl(PR_SET_NAME, "joist-probe");
  const rlimit no_core{0, 0};  // what is on a disk stays there
  ::setrlimit(RLIMIT_CORE, &no_core);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (answer_fd != kAnswerFd && ::dup2(answer_fd, kAnswerFd) < 0) ::_exit(1);
  if (::close_range(kAnswerFd + 1, ~0U, 0) != 0) ::_exit(1);
}

[[noreturn]] void run_child(const std::function<v1::HelperResponse()>& work) {
  const v1::HelperResponse response = work();
  const bool sent =
      send_datagram(kAnswerFd, response.SerializeAsString(), std::chrono::seconds(1)).has_value();
  // Not exit(): what the parent registered is the parent's to run.
  ::_exit(sent ? 0 : 1);
}

Result<disk::ProbeResult> probe_disk(const v1::ProbeRequest& request) {
  auto disk = open_disk(request.name(), request.diskseq());
  if (!disk) return fail(disk.error(), request.name());
  if (auto dropped = drop_capabilities(); !dropped) return fail(dropped.error(), request.name());
  sha256({});  // libcrypto reads its configuration at its first use
  if (auto confined = confine_to_open_files(); !confined) {
    return fail(confined.error(), request.name());
  }
  auto result = disk::probe(disk->fd.get(), request.name());
  if (!result) return result;
  result->holders = std::move(disk->holders);
  result->held = disk->held;
  return result;
}

}  // namespace

v1::HelperResponse answer_probe(const v1::ProbeRequest& request) {
  v1::HelperResponse response;
  const auto result = probe_disk(request);
  if (result) {
    *response.mutable_probe() = disk::to_message(*result);
  } else {
    *response.mutable_problem() = to_problem(result.error());
  }
  return response;
}

Result<ProbeProcess> start_process(std::string name, std::chrono::steady_clock::time_point deadline,
                                   const std::function<v1::HelperResponse()>& work) {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(ErrorCode::Unavailable,
                fail_errno(errno, "start a probe: socketpair").value().message);
  }
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0)
    return fail(ErrorCode::Unavailable, fail_errno(errno, "start a probe: fork").value().message);
  if (pid == 0) {
    let_go_of_parent(parent, theirs.get());
    run_child(work);
  }
  return ProbeProcess{pid, std::move(ours), std::move(name), deadline};
}

Result<ProbeProcess> start_probe(const v1::ProbeRequest& request,
                                 std::chrono::steady_clock::time_point deadline) {
  return start_process(request.name(), deadline, [&request] { return answer_probe(request); });
}

void kill_probe(const ProbeProcess& probe) {
  if (probe.pid <= 0) return;
  // It may not lead its group yet.
  ::kill(-probe.pid, SIGKILL);
  ::kill(probe.pid, SIGKILL);
}

}  // namespace joist::helper
