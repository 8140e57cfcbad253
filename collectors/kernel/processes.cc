#include "collectors/kernel/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string>

#include "collectors/fields.h"
#include "collectors/number_file.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kStatBytesMax = 1024;  // 52 numbers and a name of at most 64 bytes
constexpr int kFieldOfThreads = 20;          // counted from 1, proc_pid_stat(5)

bool is_number(std::string_view text) { return parse_uint(text).has_value(); }

// Calls `take` with each name in the directory that is a number, from its beginning.
// readdir(3) would do, but it allocates for each directory.
template <typename Take>
int for_each_number(int directory, Take take) {
  if (::lseek(directory, 0, SEEK_SET) < 0) return errno;
  alignas(dirent64) std::array<char, 16384> buffer;
  for (;;) {
    const long got = ::syscall(SYS_getdents64, directory, buffer.data(), buffer.size());
    if (got < 0) return errno;
    if (got == 0) return 0;
    for (long at = 0; at < got;) {
      const auto* const entry =
          reinterpret_cast<const dirent64*>(buffer.data() + at);  // as the kernel laid it out
      at += entry->d_reclen;
      if (is_number(entry->d_name)) take(static_cast<const char*>(entry->d_name));
    }
  }
}

std::optional<TaskLine> read_task(int directory, const char* path) {
  const UniqueFd file(::openat(directory, path, O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;  // it ended meanwhile
  std::array<char, kStatBytesMax> text;
  const ssize_t got = ::read(file.get(), text.data(), text.size());
  if (got <= 0) return std::nullopt;
  return parse_task_line({text.data(), static_cast<std::size_t>(got)});
}

}  // namespace

std::optional<TaskLine> parse_task_line(std::string_view text) {
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  Fields fields(text.substr(name_end + 1));
  const std::string_view state = fields.next();
  const bool letter = state.size() == 1 && ((state[0] >= 'A' && state[0] <= 'Z') ||
                                            (state[0] >= 'a' && state[0] <= 'z'));
  if (!letter) return std::nullopt;
  for (int field = 4; field < kFieldOfThreads; ++field) fields.next();
  const auto threads = parse_uint(fields.next());
  if (!threads) return std::nullopt;
  return TaskLine{state[0], *threads};
}

ProcessesCollector::ProcessesCollector(const Roots& roots)
    : proc_(roots.proc()),
      threads_max_(roots.proc(), "sys/kernel/threads-max", ProcFile::Shape::Whole, 64),
      pid_max_(roots.proc(), "sys/kernel/pid_max", ProcFile::Shape::Whole, 64),
      max_processes_("node_processes_max_processes", "Number of max PIDs limit", MetricType::Gauge),
      max_threads_("node_processes_max_threads", "Limit of threads in the system",
                   MetricType::Gauge),
      pids_("node_processes_pids", "Number of PIDs", MetricType::Gauge),
      state_("node_processes_state", "Number of processes in each state.", MetricType::Gauge),
      threads_family_("node_processes_threads", "Allocated threads in system", MetricType::Gauge),
      threads_state_("node_processes_threads_state", "Number of threads in each state.",
                     MetricType::Gauge) {}

void ProcessesCollector::count_process(const char* pid) {
  std::array<char, 64> path;
  std::snprintf(path.data(), path.size(), "%.20s/stat", pid);
  const auto task = read_task(proc_directory_.get(), path.data());
  if (!task) return;

  const auto state = static_cast<std::size_t>(task->state);
  ++processes_;
  ++process_states_[state];
  threads_ += task->threads;
  if (task->threads == 1) {
    ++thread_states_[state];
  } else {
    count_threads(pid);
  }
}

void ProcessesCollector::count_threads(const char* pid) {
  std::array<char, 64> path;
  std::snprintf(path.data(), path.size(), "%.20s/task", pid);
  const UniqueFd tasks(
      ::openat(proc_directory_.get(), path.data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!tasks) return;
  // An error is the end of a process: what was counted stays.
  for_each_number(tasks.get(), [&](const char* tid) {
    std::snprintf(path.data(), path.size(), "%.20s/stat", tid);
    if (const auto task = read_task(tasks.get(), path.data())) {
      ++thread_states_[static_cast<std::size_t>(task->state)];
    }
  });
}

Result<void> ProcessesCollector::count_all() {
  if (!proc_directory_) {
    const std::string path = proc_.resolve("").string();
    proc_directory_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!proc_directory_) return fail_errno(errno, "open " + path);
  }
  processes_ = 0;
  threads_ = 0;
  process_states_.fill(0);
  thread_states_.fill(0);
  const int error =
      for_each_number(proc_directory_.get(), [&](const char* pid) { count_process(pid); });
  if (error != 0) return fail_errno(error, "list " + proc_.resolve("").string());
  return {};
}

Result<void> ProcessesCollector::collect(Exposition& page) {
  if (auto counted = count_all(); !counted) return counted;
  const auto threads_max = read_number<std::uint64_t>(threads_max_);
  if (!threads_max) return tl::unexpected<Error>(threads_max.error());
  const auto pid_max = read_number<std::uint64_t>(pid_max_);
  if (!pid_max) return tl::unexpected<Error>(pid_max.error());

  const auto show = [&](const Family& family, std::uint64_t value) {
    page.begin(family);
    page.sample(value);
  };
  const auto show_states = [&](const Family& family, const ByState& states, auto& labels,
                               std::string_view label) {
    page.begin(family);
    for (std::size_t state = 0; state < states.size(); ++state) {
      if (states[state] == 0) continue;
      const char letter = static_cast<char>(state);
      if (labels[state].text().empty()) labels[state] = Labels{{label, {&letter, 1}}};
      page.sample(labels[state], states[state]);
    }
  };
  show(max_processes_, *pid_max);
  show(max_threads_, *threads_max);
  show(pids_, processes_);
  show_states(state_, process_states_, state_labels_, "state");
  show(threads_family_, threads_);
  show_states(threads_state_, thread_states_, thread_state_labels_, "thread_state");
  return {};
}

}  // namespace joist::collectors
