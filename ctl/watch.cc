#include "ctl/watch.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <ctime>
#include <iomanip>
#include <sstream>

#include "ctl/screen_text.h"
#include "ctl/terminal.h"

namespace joist::ctl {
namespace {

constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr char kShowCursor[] = "\x1b[?25h\n";

bool on_terminal = false;  // for the handler alone; set before it is installed

void stop(int /*signal*/) {
  // Only what signal-safety(7) allows.
  if (on_terminal) {
    [[maybe_unused]] const auto written =
        ::write(STDOUT_FILENO, kShowCursor, sizeof kShowCursor - 1);
  }
  ::_exit(0);
}

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = stop;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  // A new size is drawn at once: the signal interrupts the sleep.
  action.sa_handler = [](int) {};
  ::sigaction(SIGWINCH, &action, nullptr);
}

void sleep_for(double seconds) {
  timespec time{};
  time.tv_sec = static_cast<time_t>(seconds);
  time.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  ::nanosleep(&time, nullptr);
}

std::string title_of(const CommandLine& line) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::ostringstream title;
  title << "Every " << *line.watch_seconds << " s: joistctl " << command(line.command).name;
  for (const std::string& argument : line.arguments) title << " " << screen_text(argument);
  title << "    " << std::put_time(&local, "%H:%M:%S");
  return title.str();
}

std::string_view separator_of(Output output, bool first) {
  if (output == Output::Yaml) return "---\n";
  return output == Output::Table && !first ? "\n" : "";
}

}  // namespace

std::string redraw_text(const std::string& title, const std::string& text, int rows) {
  std::string screen = "\x1b[H" + title + "\x1b[K\n\x1b[K";
  std::string_view rest = text;
  for (int row = 2; !rest.empty(); ++row) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    screen += '\n';
    if (row + 1 >= rows && !rest.empty()) {
      screen += "... the rest does not fit\x1b[K";
      break;
    }
    screen.append(line).append("\x1b[K");
  }
  return screen + "\x1b[J";
}

Result<void> watch(const CommandLine& line, const Ask& ask) {
  on_terminal = terminal_rows() > 0 && line.output == Output::Table;
  stop_on_signals();
  if (on_terminal) {
    if (auto good = write_out(std::string(kHideCursor) + "\x1b[2J"); !good) return good;
  }
  for (bool first = true;; first = false) {
    const auto answer = ask();
    std::string text = answer ? *answer : screen_text("joistctl: " + answer.error().message) + "\n";
    if (on_terminal) {
      text = redraw_text(title_of(line), text, terminal_rows());
    } else if (answer) {
      text.insert(0, separator_of(line.output, first));
    } else {
      [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
      text.clear();
    }
    if (auto good = write_out(text); !good) return good;
    sleep_for(*line.watch_seconds);
  }
}

}  // namespace joist::ctl
