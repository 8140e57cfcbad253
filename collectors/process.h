// The process_* metrics of this process, as Prometheus' client libraries show
// them (client_golang's process collector).
//
// Source: /proc/self/stat (proc_pid_stat(5)), /proc/self/fd, getrlimit(2),
//         btime of /proc/stat for the start time. Always this process, never
//         Roots: another tree knows nothing about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "collectors/collector.h"
#include "collectors/device_changes.h"
#include "collectors/proc_file.h"

namespace joist::collectors {

// Fields of /proc/PID/stat, in the kernel's units.
struct ProcessStat {
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t start_ticks = 0;  // after boot
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
};

// Nothing if `text` is no such line. The command name in it may hold anything.
std::optional<ProcessStat> parse_process_stat(std::string_view text);

class ProcessCollector final : public Collector {
 public:
  explicit ProcessCollector(std::shared_ptr<const DeviceChanges> changes);
  std::string_view name() const override { return "process"; }
  Result<void> collect(Exposition& page) override;

 private:
  Result<std::uint64_t> count_open_fds();
  Result<double> boot_time_seconds() const;

  ProcFile stat_;
  SeldomLook look_;
  double fds_max_ = 0;
  double address_space_max_bytes_ = 0;
  UniqueFd fd_directory_;
  std::optional<double> boot_time_seconds_;  // read once: btime moves with the wall clock
  const Family cpu_, open_fds_, max_fds_, resident_, start_time_, virtual_, virtual_max_;
};

}  // namespace joist::collectors
