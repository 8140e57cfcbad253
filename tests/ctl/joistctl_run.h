// Runs the built joistctl, through pipes and on a pseudo terminal, in a directory of the test's
// own.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace joist::ctl {

struct Ran {
  int exit = -1;
  std::string out;
  std::string err;
};

inline std::string read_to_end(int fd) {
  std::string text;
  char chunk[4096];
  for (;;) {
    const ssize_t got = ::read(fd, chunk, sizeof chunk);
    if (got <= 0) break;  // EIO is a terminal's end
    text.append(chunk, static_cast<std::size_t>(got));
  }
  ::close(fd);
  return text;
}

class Joistctl : public testing::Test {
 protected:
  Joistctl() {
    std::string pattern = testing::TempDir() + "joistctl-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~Joistctl() override { std::filesystem::remove_all(directory_); }

  // Before every command: where the programs are.
  virtual std::vector<std::string> options() const = 0;

  std::vector<std::string> command(std::vector<std::string> words) const {
    const auto first = options();
    words.insert(words.begin(), first.begin(), first.end());
    words.insert(words.begin(), JOIST_BIN_DIR "/joistctl");
    return words;
  }

  static void exec(const std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::setenv("TERM", "xterm", 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }

  Ran run(const std::vector<std::string>& words, const std::string& input = "") const {
    const std::string in_path = directory_ / "stdin";
    std::ofstream(in_path) << input;
    const std::string err_path = directory_ / "stderr";
    int out[2];
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    const auto line = command(words);
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::dup2(::open(in_path.c_str(), O_RDONLY), 0);
      ::dup2(out[1], 1);
      ::dup2(::open(err_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
      exec(line);
    }
    ::close(out[1]);
    Ran ran;
    ran.out = read_to_end(out[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ran.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    ran.err = read_to_end(::open(err_path.c_str(), O_RDONLY));
    return ran;
  }

  // On a terminal of 80 columns; `act` gets its master side and the process.
  template <typename Act>
  Ran run_on_terminal(const std::vector<std::string>& words, Act act) const {
    winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    int master = -1;
    const auto line = command(words);
    const pid_t pid = ::forkpty(&master, nullptr, nullptr, &size);
    if (pid == 0) exec(line);
    act(master, pid);
    Ran ran;
    ran.out = seen_ + read_to_end(master);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ran.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return ran;
  }

  // Reads until the terminal shows `text`.
  void await(int master, const std::string& text) const {
    seen_.clear();
    char letter = 0;
    while (seen_.find(text) == std::string::npos && ::read(master, &letter, 1) == 1)
      seen_ += letter;
    ASSERT_NE(seen_.find(text), std::string::npos) << seen_;
  }

  std::filesystem::path directory_;
  mutable std::string seen_;
};

}  // namespace joist::ctl
