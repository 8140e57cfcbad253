#include "collectors/area.h"

#include "collectors/kernel/loadavg.h"
#include "collectors/kernel/pressure.h"
#include "collectors/kernel/stat.h"
#include "collectors/kernel/time.h"
#include "collectors/kernel/uname.h"

namespace joist::collectors {
namespace {

constexpr auto On = Source::Standard::On;

constexpr Source kSources[] = {
    {"loadavg", On, make_plain<LoadavgCollector>}, {"pressure", On, make_plain<PressureCollector>},
    {"stat", On, make_plain<StatCollector>},       {"time", On, make_plain<TimeCollector>},
    {"uname", On, make_plain<UnameCollector>},
};

}  // namespace

Area kernel_area() { return {kSources, {}}; }

}  // namespace joist::collectors
