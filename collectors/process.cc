#include "collectors/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

const SysRoot kProc{"/proc"};

double ticks_per_second() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

double limit(__rlimit_resource_t resource) {
  rlimit limits{};
  if (::getrlimit(resource, &limits) != 0 || limits.rlim_cur == RLIM_INFINITY) {
    return static_cast<double>(std::numeric_limits<std::uint64_t>::max());
  }
  return static_cast<double>(limits.rlim_cur);
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  // Field 2 is the name in parentheses and may hold both; the numbers follow
  // the last one. Field 3 is the state.
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  Fields fields(text.substr(name_end + 1));

  ProcessStat stat;
  for (int field = 3; field <= 24; ++field) {
    const std::string_view word = fields.next();
    std::uint64_t* const wanted = field == 14   ? &stat.user_ticks
                                  : field == 15 ? &stat.system_ticks
                                  : field == 22 ? &stat.start_ticks
                                  : field == 23 ? &stat.virtual_bytes
                                  : field == 24 ? &stat.resident_pages
                                                : nullptr;
    if (wanted == nullptr) continue;
    const auto value = parse_uint(word);
    if (!value) return std::nullopt;
    *wanted = *value;
  }
  return stat;
}

ProcessCollector::ProcessCollector(std::shared_ptr<const DeviceChanges> changes)
    : stat_(kProc, "self/stat", ProcFile::Shape::Whole, 1024),
      look_(std::move(changes)),
      cpu_("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
           MetricType::Counter),
      open_fds_("process_open_fds", "Number of open file descriptors.", MetricType::Gauge),
      max_fds_("process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge),
      resident_("process_resident_memory_bytes", "Resident memory size in bytes.",
                MetricType::Gauge),
      start_time_("process_start_time_seconds",
                  "Start time of the process since unix epoch in seconds.", MetricType::Gauge),
      virtual_("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::Gauge),
      virtual_max_("process_virtual_memory_max_bytes",
                   "Maximum amount of virtual memory available in bytes.", MetricType::Gauge) {}

Result<std::uint64_t> ProcessCollector::count_open_fds() {
  // Since Linux 6.2 the directory's size is their number.
  struct stat status {};
  if (::stat("/proc/self/fd", &status) == 0 && status.st_size > 0) {
    return static_cast<std::uint64_t>(status.st_size);
  }
  // readdir(3) would allocate; the entries are counted, not kept.
  if (!fd_directory_) {
    fd_directory_ = UniqueFd(::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd_directory_) return fail_errno(errno, "open /proc/self/fd");
  }
  if (::lseek(fd_directory_.get(), 0, SEEK_SET) < 0) return fail_errno(errno, "/proc/self/fd");

  alignas(dirent64) std::array<char, 4096> entries{};
  std::uint64_t count = 0;
  for (;;) {
    const long got = ::syscall(SYS_getdents64, fd_directory_.get(), entries.data(), entries.size());
    if (got < 0) return fail_errno(errno, "list /proc/self/fd");
    if (got == 0) return count;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      unsigned short length = 0;
      std::memcpy(&length, entries.data() + at + offsetof(dirent64, d_reclen), sizeof length);
      const char* const name = entries.data() + at + offsetof(dirent64, d_name);
      if (name[0] != '.') ++count;
      at += length;
    }
  }
}

Result<double> ProcessCollector::boot_time_seconds() const {
  const auto text = kProc.read("stat");
  if (!text) return tl::unexpected<Error>(text.error());
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    Fields fields(line);
    if (fields.next() != "btime") continue;
    if (const auto seconds = parse_number<double>(fields.next())) return *seconds;
  }
  return fail(ErrorCode::Malformed, "/proc/stat: no btime");
}

Result<void> ProcessCollector::collect(Exposition& page) {
  const auto text = stat_.read();
  if (!text) return tl::unexpected<Error>(text.error());
  const auto stat = parse_process_stat(*text);
  if (!stat) return fail(ErrorCode::Malformed, stat_.path() + ": not as proc_pid_stat(5) says");
  const auto open_fds = count_open_fds();
  if (!open_fds) return tl::unexpected<Error>(open_fds.error());
  if (!boot_time_seconds_) {
    const auto seconds = boot_time_seconds();
    if (!seconds) return tl::unexpected<Error>(seconds.error());
    boot_time_seconds_ = *seconds;
  }

  if (look_.is_due()) {
    fds_max_ = limit(RLIMIT_NOFILE);
    address_space_max_bytes_ = limit(RLIMIT_AS);
    look_.done();
  }
  const double second = ticks_per_second();
  const auto show = [&](const Family& family, auto value) {
    page.begin(family);
    page.sample(value);
  };
  show(cpu_, static_cast<double>(stat->user_ticks + stat->system_ticks) / second);
  show(max_fds_, fds_max_);
  show(open_fds_, *open_fds);
  show(resident_, stat->resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  show(start_time_, *boot_time_seconds_ + static_cast<double>(stat->start_ticks) / second);
  show(virtual_, stat->virtual_bytes);
  show(virtual_max_, address_space_max_bytes_);
  return {};
}

}  // namespace joist::collectors
