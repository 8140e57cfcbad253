#include "helper/apply/work.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace joist::apply {
namespace {

constexpr int kOutputFd = 3;

[[noreturn]] void run(const char* name, pid_t parent, int output,
                      const std::function<std::string()>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::prctl(PR_SET_NAME, name);
  const rlimit no_core{0, 0};  // what is on a disk stays there
  ::setrlimit(RLIMIT_CORE, &no_core);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (output != kOutputFd && ::dup2(output, kOutputFd) < 0) ::_exit(1);
  if (::close_range(kOutputFd + 1, ~0U, 0) != 0) ::_exit(1);
  ::fcntl(kOutputFd, F_SETFD, FD_CLOEXEC);
  const std::string answer = work();
  std::string_view left = answer;
  while (!left.empty()) {
    const ssize_t written = ::write(kOutputFd, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(1);
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  ::_exit(0);  // what the parent registered is the parent's to run
}

}  // namespace

bool Work::hear() {
  std::array<char, 65536> chunk{};
  for (;;) {
    const ssize_t got = ::read(output.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno != EAGAIN;
    if (got == 0) return true;
    answer.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

Work start_work(const char* name, const std::function<std::string()>& work) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return {};
  if (pid == 0) run(name, parent, theirs.get(), work);
  return {pid, std::move(ours), {}};
}

bool end_work(Work& work) {
  if (work.pid <= 0) return true;
  ::kill(work.pid, SIGKILL);
  if (::waitpid(work.pid, nullptr, WNOHANG) == 0) return false;
  work.pid = -1;  // the number may be another's from now on
  return true;
}

}  // namespace joist::apply
