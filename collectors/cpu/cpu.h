// Where CPU time went, and thermal throttling.
//
// Source: /proc/stat "cpuN" lines, in ticks of 1/100 s (proc_stat(5));
//         /sys/devices/system/cpu/isolated;
//         /sys/devices/system/cpu/cpuN/{topology,thermal_throttle}/ (x86 only);
//         /proc/cpuinfo. What is fixed is read again when CPUs or devices change, at the
//         latest every minute.
// Emits:  node_cpu_seconds_total{cpu,mode}, node_cpu_guest_seconds_total{cpu,mode},
//         node_cpu_core_throttles_total{core,package},
//         node_cpu_package_throttles_total{package}  counter
//         node_cpu_isolated{cpu} 1                   gauge
//         node_cpu_online{cpu}                       gauge, where cpu0 can be switched off
//         node_cpu_info{cachesize,core,cpu,family,microcode,model,model_name,package,
//         stepping,vendor} 1, node_cpu_flag_info{flag} 1, node_cpu_bug_info{bug} 1  gauge,
//         with collector.cpu.info
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/name_filter.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

// The columns of a cpu line, in the kernel's order; guest time is also part of
// user and nice.
enum class CpuMode { User, Nice, System, Idle, Iowait, Irq, Softirq, Steal, Guest, GuestNice };
inline constexpr std::size_t kCpuModes = 10;
using CpuTicks = std::array<std::uint64_t, kCpuModes>;

struct CpuLine {
  std::string_view number;
  CpuTicks ticks{};  // zero where an old kernel has fewer columns
};

// Nothing if the line is not "cpuN" with at least user, nice, system and idle.
std::optional<CpuLine> parse_cpu_line(std::string_view line);

// What to show after `now` was read and `shown` was shown: the kernel's idle and
// iowait go back a little on a busy host, and a counter must not. An idle that
// falls by 3 s or more means that the CPU was taken away and came back.
CpuTicks keep_rising(const CpuTicks& shown, const CpuTicks& now);

// The members of a kernel CPU list, "0-3,8"; nothing if it is none.
std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text);

struct CpuOptions {
  bool guest = true;
  bool info = false;
  NameFilter flags;  // which of the first CPU's flags and bugs to show
  NameFilter bugs;
};

class CpuCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  CpuCollector(const Roots& roots, CpuOptions options);
  std::string_view name() const override { return "cpu"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Cpu {
    std::string key;  // the number
    CpuTicks shown{};
    std::array<Labels, kCpuModes> labels;
  };
  struct Throttle {
    std::string package;
    std::string core;  // empty: the whole package
    ProcFile file;
    Labels labels;
    std::optional<std::uint64_t> count;
  };

  struct Online {
    Labels labels;
    bool online = false;
  };

  static Cpu make_cpu(std::string_view number);
  void find_hardware();
  void find_info();
  void add_throttle(const std::string& directory, const std::string& package,
                    const std::string& core);
  void show_time(Exposition& page);
  void show_throttles(Exposition& page);

  SysRoot proc_;
  SysRoot sys_;
  const CpuOptions options_;
  DeviceClass directory_;
  std::shared_ptr<SharedFile> stat_;
  Listing<Cpu> cpus_;
  std::size_t cpus_at_search_ = 0;  // hardware is looked for when their number changes
  std::vector<Throttle> throttles_;
  std::vector<Labels> isolated_labels_, info_labels_, flag_labels_, bug_labels_;
  std::vector<Online> online_cpus_;
  MalformedLines malformed_;
  const Family seconds_, guest_seconds_, core_throttles_, package_throttles_, isolated_, online_,
      info_, flag_info_, bug_info_;
};

}  // namespace joist::collectors
