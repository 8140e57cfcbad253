#include "collectors/area.h"

#include "collectors/cpu/cpu.h"
#include "collectors/cpu/cpu_vulnerabilities.h"
#include "collectors/cpu/cpufreq.h"
#include "collectors/cpu/perf.h"

namespace joist::collectors {
namespace {

using enum Setting::Kind;
using enum Source::Standard;

constexpr Source kSources[] = {
    {"cpu", On, CpuCollector::make},
    {"cpu_vulnerabilities", Off, make_plain<CpuVulnerabilitiesCollector>},
    {"cpufreq", On, make_plain<CpufreqCollector>},
    {"perf", Off, PerfCollector::make},
};

constexpr Setting kSettings[] = {
    {"collector.cpu.guest", Switch, "true", "Whether to show the time that guests ran."},
    {"collector.cpu.info", Switch, "false", "Whether to show what each CPU is."},
    {"collector.cpu.info.bugs-include", Pattern, "", "Which bugs of the CPUs to show."},
    {"collector.cpu.info.flags-include", Pattern, "", "Which flags of the CPUs to show."},
    {"collector.perf.cache-profilers", List, "", "An event of the caches to count; none: all."},
    {"collector.perf.cpus", Text, "", "Which CPUs to count events of, as 0,2-5,8-16:4."},
    {"collector.perf.disable-cache-profilers", Switch, "false",
     "Whether to count no events of the caches."},
    {"collector.perf.disable-hardware-profilers", Switch, "false",
     "Whether to count no events of the hardware."},
    {"collector.perf.disable-software-profilers", Switch, "false",
     "Whether to count no events of the kernel."},
    {"collector.perf.hardware-profilers", List, "",
     "An event of the hardware to count; none: all."},
    {"collector.perf.software-profilers", List, "", "An event of the kernel to count; none: all."},
    {"collector.perf.tracepoint", List, "", "A tracepoint to count, as subsystem:event."},
};

}  // namespace

Area cpu_area() { return {kSources, kSettings}; }

}  // namespace joist::collectors
