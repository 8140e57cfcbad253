#include "helper/apply/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/printable.h"
#include "base/trimmed.h"
#include "base/unique_fd.h"

namespace joist::apply {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kOutputBytesMax = 16384;
constexpr std::size_t kLineMax = 300;
constexpr int kNotThere = 127;  // as a shell says it

std::string find_program(const std::string& name) {
  for (const char* directory : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    std::string path = directory + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

[[noreturn]] void become(const std::string& path, std::vector<std::string> words, int output,
                         pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kNotThere);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 ||
      ::dup2(output, STDERR_FILENO) < 0) {
    ::_exit(kNotThere);
  }
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::string search = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  std::string language = "LC_ALL=C";
  std::array<char*, 3> environment{search.data(), language.data(), nullptr};
  ::execve(path.c_str(), argv.data(), environment.data());
  ::_exit(kNotThere);
}

// Why comes first; mkfs.xfs goes on with all that it could have been asked.
std::string first_line(std::string_view output) {
  const auto text = trimmed(output, " \t\r\n");
  return printable(text.substr(0, text.find('\n')), kLineMax);
}

// Until all writers closed it; false: the time is over.
bool hear(int fd, steady_clock::time_point end, std::string& output) {
  std::array<char, 4096> chunk{};
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    const auto slice = std::min<milliseconds::rep>(left.count(), 60'000);
    if (::poll(&waiting, 1, static_cast<int>(slice)) <= 0) continue;
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    const auto room = kOutputBytesMax - std::min(kOutputBytesMax, output.size());
    output.append(chunk.data(), std::min(static_cast<std::size_t>(got), room));
  }
}

}  // namespace

Result<std::string> run_program(const std::vector<std::string>& words,
                                std::chrono::seconds deadline) {
  const std::string& name = words.front();
  const std::string path = find_program(name);
  if (path.empty()) return fail(ErrorCode::NotFound, name + " is not installed");
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "pipe");
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(errno, "fork");
  if (pid == 0) become(path, words, theirs.get(), parent);
  theirs = UniqueFd();

  std::string output;
  const bool ended = hear(ours.get(), steady_clock::now() + deadline, output);
  if (!ended) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!ended) {
    return fail(ErrorCode::Unavailable,
                name + " did not end within " + std::to_string(deadline.count()) + " s");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string how = WIFEXITED(status)
                                ? "exit status " + std::to_string(WEXITSTATUS(status))
                                : "killed by signal " + std::to_string(WTERMSIG(status));
    return fail(ErrorCode::Io, name + " failed (" + how + "): " + first_line(output));
  }
  return output;
}

}  // namespace joist::apply
