#include "collectors/area.h"

#include "collectors/cpu/cpu.h"

namespace joist::collectors {
namespace {

constexpr auto On = Source::Standard::On;

constexpr Source kSources[] = {
    {"cpu", On, make_plain<CpuCollector>},
};

}  // namespace

Area cpu_area() { return {kSources, {}}; }

}  // namespace joist::collectors
