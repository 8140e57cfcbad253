#include "ctl/job_follow.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <string>
#include <utility>

#include "ctl/job_view.h"
#include "ctl/screen_text.h"
#include "ctl/terminal.h"

namespace joist::ctl {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

// Short jobs are seen to end soon, long ones cost little: a twentieth of what they have taken.
constexpr int kOfElapsed = 20;
constexpr milliseconds kEveryMin{50};
constexpr milliseconds kEveryMax{500};
constexpr seconds kAwayMax{60};  // it is started again by its socket, and goes on

volatile sig_atomic_t broken_off = 0;

// Ctrl-C ends the watching once it is noticed; the second one, at once.
class BreakOff {
 public:
  BreakOff() {
    broken_off = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { broken_off = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, &int_before_);
    ::sigaction(SIGTERM, &action, &term_before_);
  }
  BreakOff(const BreakOff&) = delete;
  BreakOff& operator=(const BreakOff&) = delete;
  ~BreakOff() {
    ::sigaction(SIGINT, &int_before_, nullptr);
    ::sigaction(SIGTERM, &term_before_, nullptr);
  }
  static bool asked() { return broken_off != 0; }

 private:
  struct sigaction int_before_ {};
  struct sigaction term_before_ {};
};

void pause_for(milliseconds time) {
  const timespec left{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(time).count()};
  ::nanosleep(&left, nullptr);  // a signal ends it
}

// Where the lines go, and what stands there already.
class Progress {
 public:
  Progress(bool aside, const Screen& screen) : aside_(aside), screen_(screen) {}

  Result<void> show(const v1::ApplyDisksResponse& jobs) {
    const int rows = aside_ ? 0 : terminal_rows();
    // What has scrolled away cannot be drawn again.
    return rows > jobs.jobs_size() + 1 ? redraw(jobs) : append(jobs);
  }

  // Says something between; the lines begin anew below it.
  void interrupt(const std::string& text) {
    say(screen_text(text, screen_.utf8) + "\n");
    drawn_ = 0;
  }

 private:
  Result<void> redraw(const v1::ApplyDisksResponse& jobs) {
    std::string text;
    if (drawn_ > 0) text = "\x1b[" + std::to_string(drawn_) + "A";
    for (const v1::DiskJob& job : jobs.jobs()) {
      const std::string line = screen_text(progress_line(job, system_clock::now()), screen_.utf8);
      // Why it ended is read to the end, however long it is.
      const bool whole = !is_running(job) && is_last(jobs);
      text += (whole ? line : cut_to_columns(line, screen_.columns, screen_.utf8)) + "\x1b[K\n";
    }
    drawn_ = jobs.jobs_size();
    return write_out(text);
  }

  static bool is_last(const v1::ApplyDisksResponse& jobs) {
    return std::ranges::none_of(jobs.jobs(), is_running);
  }

  Result<void> append(const v1::ApplyDisksResponse& jobs) {
    std::string text;
    for (const v1::DiskJob& job : jobs.jobs()) {
      std::string& before = marks_[job.id()];
      const std::string mark = progress_mark(job);
      if (before == mark) continue;
      before = mark;
      text += screen_text(progress_line(job, system_clock::now()), screen_.utf8) + "\n";
    }
    if (!aside_) return write_out(text);
    say(text);
    return {};
  }

  bool aside_;
  Screen screen_;
  int drawn_ = 0;
  std::map<std::string, std::string> marks_;
};

// As they are now. What the list is too long for is asked for by itself; a job that is gone with
// its journal has failed, as far as anybody can tell.
Result<void> ask_again(const ApplyApi& api, v1::ApplyDisksResponse& jobs) {
  const auto listed = api.jobs();
  if (!listed) return tl::unexpected<Error>(listed.error());
  for (v1::DiskJob& job : *jobs.mutable_jobs()) {
    const auto found = std::ranges::find(listed->jobs(), job.id(), &v1::DiskJob::id);
    if (found != listed->jobs().end()) {
      job = *found;
      continue;
    }
    const auto one = api.jobs(job.id());
    if (one && one->jobs_size() == 1) {
      job = one->jobs(0);
    } else if (one || one.error().code == ErrorCode::NotFound) {
      job.set_state(v1::DISK_JOB_STATE_FAILED);
      job.set_problem("joist-apply knows it no more; see journalctl -u joist-apply");
    } else {
      return tl::unexpected<Error>(one.error());
    }
  }
  return {};
}

}  // namespace

bool all_done(const v1::ApplyDisksResponse& jobs) {
  return std::ranges::all_of(
      jobs.jobs(), [](const v1::DiskJob& job) { return job.state() == v1::DISK_JOB_STATE_DONE; });
}

Result<Followed> follow_jobs(const ApplyApi& api, const v1::ApplyDisksResponse& begun, bool aside,
                             const Screen& screen) {
  const BreakOff break_off;
  Progress progress(aside, screen);
  Followed followed{.jobs = begun};
  const auto began = steady_clock::now();
  auto heard = began;
  bool told = false;
  for (;;) {
    if (auto shown = progress.show(followed.jobs); !shown) {
      return tl::unexpected<Error>(shown.error());
    }
    if (std::ranges::none_of(followed.jobs.jobs(), is_running)) return followed;
    const auto elapsed = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
    pause_for(std::clamp(elapsed / kOfElapsed, kEveryMin, kEveryMax));
    if (BreakOff::asked()) {
      followed.broken_off = true;
      return followed;
    }
    const auto asked = ask_again(api, followed.jobs);
    if (asked) {
      heard = steady_clock::now();
      continue;
    }
    const bool may_return = asked.error().code == ErrorCode::Unavailable;
    if (!may_return || steady_clock::now() - heard > kAwayMax) {
      return fail(asked.error(), "the jobs were begun, and how they go cannot be seen");
    }
    if (!std::exchange(told, true)) progress.interrupt("waiting: " + asked.error().message);
  }
}

}  // namespace joist::ctl
