#include "collectors/area.h"

#include "collectors/memory/buddyinfo.h"
#include "collectors/memory/ksmd.h"
#include "collectors/memory/meminfo.h"
#include "collectors/memory/meminfo_numa.h"
#include "collectors/memory/slabinfo.h"
#include "collectors/memory/swap.h"
#include "collectors/memory/vmstat.h"
#include "collectors/memory/zoneinfo.h"

namespace joist::collectors {
namespace {

using enum Setting::Kind;
using enum Source::Standard;

constexpr Source kSources[] = {
    {"buddyinfo", Off, make_plain<BuddyinfoCollector>},
    {"ksmd", Off, make_plain<KsmdCollector>},
    {"meminfo", On, make_plain<MeminfoCollector>},
    {"meminfo_numa", Off, make_plain<MeminfoNumaCollector>},
    {"slabinfo", Off, SlabinfoCollector::make},
    {"swap", Off, make_plain<SwapCollector>},
    {"vmstat", On, VmstatCollector::make},
    {"zoneinfo", Off, make_plain<ZoneinfoCollector>},
};

constexpr Setting kSettings[] = {
    {"collector.slabinfo.slabs-exclude", Pattern, "", "Which caches of the kernel to leave out."},
    {"collector.slabinfo.slabs-include", Pattern, ".*", "Which caches of the kernel to show."},
    {"collector.vmstat.fields", Pattern, "^(oom_kill|pgpg|pswp|pg.*fault).*",
     "Which fields of /proc/vmstat to show."},
};

}  // namespace

Area memory_area() { return {kSources, kSettings}; }

}  // namespace joist::collectors
