#include "collectors/area.h"

#include "collectors/memory/meminfo.h"
#include "collectors/memory/vmstat.h"

namespace joist::collectors {
namespace {

constexpr auto On = Source::Standard::On;
constexpr auto Pattern = Setting::Kind::Pattern;

constexpr Source kSources[] = {
    {"meminfo", On, make_plain<MeminfoCollector>},
    {"vmstat", On, VmstatCollector::make},
};

constexpr Setting kSettings[] = {
    {"collector.vmstat.fields", Pattern, "^(oom_kill|pgpg|pswp|pg.*fault).*",
     "Which fields of /proc/vmstat to show."},
};

}  // namespace

Area memory_area() { return {kSources, kSettings}; }

}  // namespace joist::collectors
