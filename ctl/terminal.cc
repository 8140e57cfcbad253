#include "ctl/terminal.h"

#include <fcntl.h>
#include <langinfo.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/unique_fd.h"

namespace joist::ctl {
namespace {

constexpr std::size_t kLineBytesMax = 4096;
constexpr int kColumnsMin = 40;

winsize window_of(int fd) {
  winsize window{};
  if (::isatty(fd) == 0 || ::ioctl(fd, TIOCGWINSZ, &window) != 0) return {};
  return window;
}

// COLUMNS counts where there is no terminal to ask: for whoever shows our output.
int columns_of(const winsize& window, bool terminal) {
  if (terminal && window.ws_col > 0) return std::max<int>(window.ws_col, kColumnsMin);
  const char* said = std::getenv("COLUMNS");  // NOLINT(concurrency-mt-unsafe): one thread
  int columns = 0;
  if (said != nullptr) std::from_chars(said, said + std::strlen(said), columns);
  if (columns > 0) return std::max(columns, kColumnsMin);
  return terminal ? 80 : 0;
}

// Restores the terminal however the reading ends; signals only interrupt it.
class EchoOff {
 public:
  EchoOff() {
    struct sigaction interrupt {};
    interrupt.sa_handler = [](int) {};  // without SA_RESTART: read(2) returns EINTR
    ::sigaction(SIGINT, &interrupt, &int_before_);
    ::sigaction(SIGTERM, &interrupt, &term_before_);
    good_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    good_ = good_ && ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  ~EchoOff() {
    if (good_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    ::sigaction(SIGINT, &int_before_, nullptr);
    ::sigaction(SIGTERM, &term_before_, nullptr);
  }
  bool good() const { return good_; }

 private:
  termios before_{};
  struct sigaction int_before_ {};
  struct sigaction term_before_ {};
  bool good_ = false;
};

Result<std::string> read_all(int fd, const std::string& name, std::size_t bytes_max,
                             bool one_line) {
  std::string text;
  std::array<char, 1024> chunk{};
  while (text.size() <= bytes_max) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) return fail(ErrorCode::Refused, "broken off");
    if (got < 0) return fail_errno(errno, "read " + name);
    if (got == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (one_line && text.ends_with('\n')) return text;
  }
  return fail(ErrorCode::Malformed, name + ": larger than " + std::to_string(bytes_max) + " bytes");
}

}  // namespace

Screen standard_screen(bool no_color) {
  const winsize window = window_of(STDOUT_FILENO);
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* type = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): one thread
  Screen screen;
  screen.columns = columns_of(window, terminal);
  screen.colour = terminal && !no_color && type != nullptr && std::string_view(type) != "dumb";
  screen.utf8 = !terminal || std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
  return screen;
}

int terminal_rows() {
  const winsize window = window_of(STDOUT_FILENO);
  return ::isatty(STDOUT_FILENO) == 0 ? 0 : window.ws_row == 0 ? 24 : window.ws_row;
}

void say(std::string_view text) {
  // Nowhere to say that it failed.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

bool input_is_terminal() { return ::isatty(STDIN_FILENO) == 1; }

Result<std::string> read_secret(const std::string& prompt) {
  say(prompt);
  auto line = [] {
    const EchoOff off;
    if (!off.good())
      return Result<std::string>(fail_errno(errno, "switch the terminal's echo off"));
    return read_all(STDIN_FILENO, "the terminal", kLineBytesMax, true);
  }();
  say("\n");
  return line;
}

Result<std::string> ask_line(const std::string& question) {
  say(question + " ");
  const auto line = read_all(STDIN_FILENO, "the terminal", kLineBytesMax, true);
  if (!line) return tl::unexpected<Error>(line.error());
  const auto first = line->find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return line->substr(first, line->find_last_not_of(" \t\r\n") - first + 1);
}

Result<bool> confirm(const std::string& question) {
  say(question + " [y/N] ");
  const auto line = read_all(STDIN_FILENO, "the terminal", kLineBytesMax, true);
  if (!line) return tl::unexpected<Error>(line.error());
  return *line == "y\n" || *line == "Y\n" || *line == "yes\n";
}

Result<std::string> read_small(const std::string& path, std::size_t bytes_max) {
  if (path == "-") return read_all(STDIN_FILENO, "standard input", bytes_max, false);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return fail_errno(errno, "open " + path);
  return read_all(fd.get(), path, bytes_max, false);
}

Result<void> write_out(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(ErrorCode::Io, std::string("write: ") + std::strerror(errno));
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace joist::ctl
