#include "collectors/area.h"

#include "collectors/cpu/cpu.h"
#include "collectors/cpu/cpu_vulnerabilities.h"
#include "collectors/cpu/cpufreq.h"

namespace joist::collectors {
namespace {

constexpr auto On = Source::Standard::On;
constexpr auto Off = Source::Standard::Off;
constexpr auto Pattern = Setting::Kind::Pattern;
constexpr auto Switch = Setting::Kind::Switch;

constexpr Source kSources[] = {
    {"cpu", On, CpuCollector::make},
    {"cpu_vulnerabilities", Off, make_plain<CpuVulnerabilitiesCollector>},
    {"cpufreq", On, make_plain<CpufreqCollector>},
};

constexpr Setting kSettings[] = {
    {"collector.cpu.guest", Switch, "true", "Whether to show the time that guests ran."},
    {"collector.cpu.info", Switch, "false", "Whether to show what each CPU is."},
    {"collector.cpu.info.bugs-include", Pattern, "", "Which bugs of the CPUs to show."},
    {"collector.cpu.info.flags-include", Pattern, "", "Which flags of the CPUs to show."},
};

}  // namespace

Area cpu_area() { return {kSources, kSettings}; }

}  // namespace joist::collectors
