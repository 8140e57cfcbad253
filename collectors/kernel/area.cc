#include <chrono>

#include "collectors/area.h"

#include "collectors/kernel/cgroups.h"
#include "collectors/kernel/entropy.h"
#include "collectors/kernel/filefd.h"
#include "collectors/kernel/interrupts.h"
#include "collectors/kernel/kernel_hung.h"
#include "collectors/kernel/loadavg.h"
#include "collectors/kernel/logind.h"
#include "collectors/kernel/os_release.h"
#include "collectors/kernel/pressure.h"
#include "collectors/kernel/processes.h"
#include "collectors/kernel/schedstat.h"
#include "collectors/kernel/selinux.h"
#include "collectors/kernel/softirqs.h"
#include "collectors/kernel/stat.h"
#include "collectors/kernel/sysctl.h"
#include "collectors/kernel/systemd.h"
#include "collectors/kernel/time.h"
#include "collectors/kernel/timex.h"
#include "collectors/kernel/uname.h"

namespace joist::collectors {
namespace {

using enum Setting::Kind;
using enum Source::Standard;

// systemd answers for hundreds of units on the thread that also starts them.
constexpr std::chrono::seconds kDbusPace{15};

constexpr Source kSources[] = {
    {"cgroups", Off, make_plain<CgroupsCollector>},
    {"entropy", On, make_plain<EntropyCollector>},
    {"filefd", On, make_plain<FilefdCollector>},
    {"interrupts", Off, InterruptsCollector::make},
    {"kernel_hung", On, make_plain<KernelHungCollector>},
    {"loadavg", On, make_plain<LoadavgCollector>},
    {"logind", Off, LogindCollector::make, kDbusPace},
    {"os", On, make_plain<OsReleaseCollector>},
    {"pressure", On, make_plain<PressureCollector>},
    {"processes", Off, make_plain<ProcessesCollector>},
    {"schedstat", On, make_plain<SchedstatCollector>},
    {"selinux", On, make_plain<SelinuxCollector>},
    {"softirqs", Off, make_plain<SoftirqsCollector>},
    {"stat", On, StatCollector::make},
    {"sysctl", Off, SysctlCollector::make},
    {"systemd", Off, SystemdCollector::make, kDbusPace},
    {"time", On, make_plain<TimeCollector>},
    {"timex", On, make_plain<TimexCollector>},
    {"uname", On, make_plain<UnameCollector>},
};

constexpr Setting kSettings[] = {
    {"collector.interrupts.include-zeros", Switch, "true",
     "Whether to show interrupts that never came."},
    {"collector.interrupts.name-exclude", Pattern, "",
     "Which interrupts to leave out, by \"name;info;devices\"."},
    {"collector.interrupts.name-include", Pattern, "",
     "Which interrupts alone to show, by \"name;info;devices\"."},
    {"collector.logind.timeout", Duration, "1s",
     "How long to wait for logind's answers, all together."},
    {"collector.stat.softirq", Switch, "false", "Whether to show software interrupts by vector."},
    {"collector.sysctl.include", List, "", "A kernel setting to show, as kernel.pid_max."},
    {"collector.sysctl.include-info", List, "", "A kernel setting to show as text."},
    {"collector.systemd.enable-restarts-metrics", Switch, "false",
     "Whether to show how often services were started again."},
    {"collector.systemd.enable-start-time-metrics", Switch, "false",
     "Whether to show since when units run."},
    {"collector.systemd.enable-task-metrics", Switch, "false",
     "Whether to show the tasks of services."},
    {"collector.systemd.timeout", Duration, "1s",
     "How long to wait for systemd's answers, all together."},
    {"collector.systemd.unit-exclude", Pattern,
     R"(.+\.(automount|device|mount|scope|slice|target))",
     "Which units to leave out; the whole name must match."},
    {"collector.systemd.unit-include", Pattern, ".+",
     "Which units to show; the whole name must match."},
};

}  // namespace

Area kernel_area() { return {kSources, kSettings}; }

}  // namespace joist::collectors
