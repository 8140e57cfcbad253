// Goal: whoever owns the parser owns nothing else. Method: a child confines itself and tries.
#include "helper/confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

namespace joist::helper {
namespace {

// What a confined child's `deed` says; 100: it could not be confined.
int confined(const std::function<int()>& deed) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(confine_to_open_files() ? deed() : 100);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int error_of(long returned) { return returned == -1 ? errno : 0; }

TEST(Confinement, SignalsNobodyElse) {
  const pid_t victim = ::fork();
  if (victim == 0) {
    for (;;) ::pause();
  }
  EXPECT_EQ(confined([&] { return error_of(::kill(victim, SIGKILL)); }), EPERM);
  EXPECT_EQ(confined([&] { return error_of(::syscall(SYS_tgkill, victim, victim, SIGKILL)); }),
            EPERM);
  int status = 0;
  EXPECT_EQ(::waitpid(victim, &status, WNOHANG), 0) << "the victim is gone";
  ::kill(victim, SIGKILL);
  ::waitpid(victim, &status, 0);
}

TEST(Confinement, MaySignalItself) {
  EXPECT_EQ(confined([] { return error_of(::syscall(SYS_tgkill, ::getpid(), ::gettid(), 0)); }), 0);
}

TEST(Confinement, OpensConnectsAndRunsNothing) {
  EXPECT_EQ(confined([] { return error_of(::open("/etc/passwd", O_RDONLY | O_CLOEXEC)); }), EPERM);
  EXPECT_EQ(confined([] { return error_of(::socket(AF_UNIX, SOCK_STREAM, 0)); }), EPERM);
  EXPECT_EQ(confined([] { return error_of(::execl("/bin/true", "true", nullptr)); }), EPERM);
  EXPECT_EQ(confined([] { return error_of(::fork()); }), EPERM);
}

}  // namespace
}  // namespace joist::helper
