// How many processes and threads there are, by state.
//
// Source: /proc/PID/stat (proc_pid_stat(5)); /proc/PID/task/TID/stat only of processes
//         with several threads; /proc/sys/kernel/{threads-max,pid_max}.
// Emits:  node_processes_{state{state},threads_state{thread_state},pids,threads,
//         max_processes,max_threads}  gauge
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/unique_fd.h"
#include "collectors/collector.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct TaskLine {
  char state = '?';  // a letter
  std::uint64_t threads = 0;
};

// Of /proc/PID/stat. Nothing if it is none; the command name in it may hold anything.
std::optional<TaskLine> parse_task_line(std::string_view text);

class ProcessesCollector final : public Collector {
 public:
  explicit ProcessesCollector(const Roots& roots);
  std::string_view name() const override { return "processes"; }
  Result<void> collect(Exposition& page) override;

 private:
  using ByState = std::array<std::uint64_t, 128>;

  void count_process(const char* pid);
  void count_threads(const char* pid);
  Result<void> count_all();

  SysRoot proc_;
  UniqueFd proc_directory_;
  ProcFile threads_max_, pid_max_;
  std::uint64_t processes_ = 0;
  std::uint64_t threads_ = 0;
  ByState process_states_{};
  ByState thread_states_{};
  std::array<Labels, 128> state_labels_, thread_state_labels_;  // rendered when first seen
  const Family max_processes_, max_threads_, pids_, state_, threads_family_, threads_state_;
};

}  // namespace joist::collectors
