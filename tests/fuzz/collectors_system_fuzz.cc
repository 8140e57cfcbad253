// Any text for the parsers of the areas cpu, kernel and memory; the first byte chooses.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/cpu/cpu.h"
#include "collectors/cpu/cpu_vulnerabilities.h"
#include "collectors/cpu/cpufreq.h"
#include "collectors/cpu/cpuinfo.h"
#include "collectors/cpu/perf.h"
#include "collectors/kernel/cgroups.h"
#include "collectors/kernel/filefd.h"
#include "collectors/kernel/interrupts.h"
#include "collectors/kernel/os_release.h"
#include "collectors/kernel/pressure.h"
#include "collectors/kernel/processes.h"
#include "collectors/kernel/schedstat.h"
#include "collectors/kernel/selinux.h"
#include "collectors/kernel/softirqs.h"
#include "collectors/kernel/stat.h"
#include "collectors/kernel/sysctl.h"
#include "collectors/kernel/systemd.h"
#include "collectors/memory/buddyinfo.h"
#include "collectors/memory/meminfo.h"
#include "collectors/memory/meminfo_numa.h"
#include "collectors/memory/slabinfo.h"
#include "collectors/memory/swap.h"
#include "collectors/memory/zoneinfo.h"

namespace joist::collectors {
namespace {

using Parse = void (*)(std::string_view);

template <auto parse>
void once(std::string_view text) {
  const auto parsed = parse(text);
  static_cast<void>(parsed);
}

void interrupt(std::string_view text) {
  if (const auto line = parse_interrupt_line(text, 1)) {
    describe_interrupt(line->name, line->description);
  }
}

void protection(std::string_view text) {
  std::vector<std::uint64_t> numbers;
  parse_protection(text, numbers);
}

void name_family(std::string_view text) { meminfo_family_name(text, true); }

constexpr Parse kParsers[] = {
    once<parse_cpu_line>,
    once<parse_cpu_list>,
    once<parse_vulnerability>,
    once<cpu_number>,
    once<parse_cpuinfo>,
    once<parse_cgroups_line>,
    once<parse_file_nr>,
    interrupt,
    once<parse_os_release>,
    once<os_version>,
    once<parse_day>,
    once<parse_pressure_line>,
    once<parse_task_line>,
    once<parse_schedstat_line>,
    once<parse_selinux_config>,
    once<parse_softirq_line>,
    once<parse_softirq_totals>,
    once<parse_sysctl_choice>,
    once<systemd_version>,
    once<parse_buddyinfo_line>,
    once<parse_meminfo_line>,
    name_family,
    once<parse_node_meminfo_line>,
    once<parse_numastat_line>,
    once<parse_slabinfo_line>,
    once<parse_swap_line>,
    once<parse_zone_head>,
    protection,
    once<parse_perf_cpus>,
};

}  // namespace
}  // namespace joist::collectors

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using joist::collectors::kParsers;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  kParsers[data[0] % std::size(kParsers)](text);
  return 0;
}
