// The real joist-helper on a socket that, as with systemd, outlives it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "agent/helper_client.h"
#include "base/seqpacket.h"
#include "joist/v1/helper.pb.h"
#include "tests/support/temp_root.h"

namespace joist::helper {

class HelperProgram {
 public:
  // `agent_uid`: who is served besides root. The socket lets everybody connect,
  // so that what keeps others out is the helper.
  explicit HelperProgram(uid_t agent_uid, std::vector<std::string> options = {},
                         std::string program = "joist-helper")
      : agent_uid_(agent_uid), options_(std::move(options)), program_(std::move(program)) {
    EXPECT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
    auto listener = listen_seqpacket(socket_path(), 0666, 16);
    EXPECT_TRUE(listener.has_value()) << listener.error().message;
    listener_ = std::move(*listener);
  }
  ~HelperProgram() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
  }
  HelperProgram(const HelperProgram&) = delete;
  HelperProgram& operator=(const HelperProgram&) = delete;

  // As systemd does: the socket is descriptor 3 (sd_listen_fds(3)).
  void start() {
    std::vector<std::string> words{JOIST_BIN_DIR "/" + program_, "--agent-user",
                                   std::to_string(agent_uid_)};
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string log = log_path();
    pid_ = ::fork();
    if (pid_ != 0) return;
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(output, 2);
    ::dup2(listener_.get(), 3);
    ::fcntl(3, F_SETFD, 0);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }

  void signal(int number) const { ASSERT_EQ(::kill(pid_, number), 0); }

  // Returns once it stands still.
  void stop() const {
    signal(SIGSTOP);
    int status = 0;
    ASSERT_EQ(::waitpid(pid_, &status, WUNTRACED), pid_);
    ASSERT_TRUE(WIFSTOPPED(status));
  }

  // Whether a connection waits that nobody took, within some seconds.
  bool is_called() const {
    pollfd waiting{.fd = listener_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, 10'000) == 1;
  }

  // Its exit status, as waitpid() has it.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

  bool runs() const { return ::waitpid(pid_, nullptr, WNOHANG) == 0; }
  pid_t pid() const { return pid_; }
  std::string socket_path() const { return (directory_.path() / "helper.sock").string(); }
  std::string log_path() const { return (directory_.path() / "log").string(); }
  std::string log_text() const { return directory_.sys_root().read("/log").value_or(""); }

  agent::HelperClient client(std::chrono::milliseconds timeout = std::chrono::seconds(20)) const {
    return agent::HelperClient(socket_path(), timeout);
  }

  // Sends any bytes, returns the answer; Problem "gone" if there was none.
  v1::HelperResponse exchange(std::string_view datagram) const {
    v1::HelperResponse response;
    response.mutable_problem()->set_code("gone");
    const auto connection = connect_seqpacket(socket_path(), std::chrono::seconds(5));
    EXPECT_TRUE(connection.has_value()) << connection.error().message;
    // Past our own bound, to see that the helper has one too.
    const ssize_t sent = ::send(connection->get(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
    EXPECT_EQ(sent, static_cast<ssize_t>(datagram.size()));
    const auto answer = receive_datagram(connection->get(), std::chrono::seconds(10));
    if (answer) {
      EXPECT_TRUE(response.ParseFromString(*answer));
    }
    return response;
  }

 private:
  support::TempRoot directory_;
  uid_t agent_uid_;
  std::vector<std::string> options_;
  std::string program_;
  UniqueFd listener_;
  pid_t pid_ = -1;
};

// Runs `work` as another user in a child; returns the text it returned.
inline std::string as_user(uid_t uid, const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "pipe failed";
  const pid_t pid = ::fork();
  if (pid == 0) {
    const bool changed = ::setresgid(uid, uid, uid) == 0 && ::setresuid(uid, uid, uid) == 0;
    const std::string text = changed ? work() : "cannot change user";
    const bool written = ::write(ends[1], text.data(), text.size()) >= 0;
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  char chunk[4096];
  ssize_t got = 0;
  while ((got = ::read(ends[0], chunk, sizeof chunk)) > 0) {
    text.append(chunk, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  ::waitpid(pid, nullptr, 0);
  return text;
}

}  // namespace joist::helper
