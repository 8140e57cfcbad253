// How fast each CPU may run and does.
//
// Source: /sys/devices/system/cpu/cpuN/cpufreq (Documentation/admin-guide/pm/cpufreq.rst),
//         in kHz; CPUs that share a policy link to one directory, which is read once.
//         cpuinfo_cur_freq is root's on most hosts, and then left out. The
//         hardware's limits and the governors there are are read again when devices
//         change, at the latest every minute.
// Emits:  node_cpu_frequency_hertz, node_cpu_frequency_{min,max}_hertz,
//         node_cpu_scaling_frequency_hertz, node_cpu_scaling_frequency_{min,max}_hertz,
//         each {cpu}; node_cpu_scaling_governor{cpu,governor} 1 where it governs  gauge
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

// The number in "cpu17"; empty if `name` is not of that form.
std::string_view cpu_number(std::string_view name);

class CpufreqCollector final : public Collector {
 public:
  explicit CpufreqCollector(const Roots& roots);
  std::string_view name() const override { return "cpufreq"; }
  Result<void> collect(Exposition& page) override;

  // Some kernels (4.13 to 5.17) sleep for 10 to 20 ms when they are asked for a CPU's speed.
  std::chrono::milliseconds patience() const override { return std::chrono::seconds(5); }

 private:
  static constexpr std::size_t kFrequencies = 6;  // in the order of families_

  // An attribute in kHz.
  struct Frequency {
    std::size_t family;
    bool fixed;
    ProcFile file;
    std::optional<std::uint64_t> kilohertz;
  };
  struct Policy {
    std::string directory;
    std::vector<Frequency> frequencies;
    std::vector<std::string> governors;
    std::optional<ProcFile> governor_file;
    std::string governor;
  };
  struct Cpu {
    Labels labels;
    std::size_t policy;
    std::vector<Labels> governors;  // one for each of the policy's
  };

  Result<void> find_cpus();
  std::size_t policy_of(const std::string& directory);
  void read(Policy& policy);

  SysRoot sys_;
  DeviceClass directory_;
  bool supported_ = false;
  std::size_t open_files_ = 0;
  std::vector<Policy> policies_;
  std::vector<Cpu> cpus_;
  const std::array<Family, kFrequencies> families_;
  const Family governor_;
};

}  // namespace joist::collectors
