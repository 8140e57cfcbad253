// Goal: one living agent to a state directory, and a dead one keeps nobody out.
// Method: the other agent is a child process: fcntl's locks are a process's own.
#include "agent/state_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/sys_root.h"
#include "tests/support/temp_root.h"

namespace joist::agent {
namespace {

// A process that holds the lock until it is killed.
class Holder {
 public:
  // `hung`: its first thread has ended, as after a kill that another cannot follow.
  Holder(const std::string& state_dir, bool hung) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto lock = lock_state(state_dir);
      if (!lock || ::write(ends[1], "+", 1) != 1) ::_exit(1);
      if (!hung) ::pause();
      std::thread([] { ::pause(); }).detach();
      ::syscall(SYS_exit, 0);  // this thread alone
    }
    ::close(ends[1]);
    char held = 0;
    EXPECT_EQ(::read(ends[0], &held, 1), 1);
    ::close(ends[0]);
  }
  ~Holder() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

TEST(StateLock, KeepsAnotherAgentOutAndNamesTheOneThatHasIt) {
  const support::TempRoot root;
  const std::string state = (root.path() / "state").string();  // made where it is missing
  {
    const Holder other(state, false);
    const auto refused = lock_state(state);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::Refused);
    EXPECT_NE(refused.error().message.find("process " + std::to_string(other.pid())),
              std::string::npos)
        << refused.error().message;
  }
  EXPECT_TRUE(lock_state(state).has_value());  // it ended with its process
}

TEST(StateLock, ToldFromOneThatWasKilledAndCannotGo) {
  const support::TempRoot root;
  const Holder other(root.path().string(), true);
  Result<UniqueFd> lock = lock_state(root.path().string());
  // The end of a thread tells nobody of itself.
  for (int i = 0; i < 3000 && !lock && lock.error().code == ErrorCode::Refused; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    lock = lock_state(root.path().string());
  }
  ASSERT_FALSE(lock.has_value());
  EXPECT_EQ(lock.error().code, ErrorCode::Unavailable) << lock.error().message;
}

TEST(StateLock, SaysWhereItCannotWrite) {
  const auto lock = lock_state("/proc/no/such/place");
  ASSERT_FALSE(lock.has_value());
  EXPECT_NE(lock.error().message.find("/proc/no"), std::string::npos) << lock.error().message;
  EXPECT_NE(lock.error().code, ErrorCode::Refused);
}

}  // namespace
}  // namespace joist::agent
