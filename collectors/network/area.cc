#include "collectors/area.h"

#include "collectors/network/netdev.h"

namespace joist::collectors {
namespace {

constexpr auto On = Source::Standard::On;
constexpr auto Pattern = Setting::Kind::Pattern;

constexpr Source kSources[] = {
    {"netdev", On, NetdevCollector::make},
};

constexpr Setting kSettings[] = {
    {"collector.netdev.device-exclude", Pattern, "^lo$", "Which interfaces to leave out."},
    {"collector.netdev.device-include", Pattern, "", "Which interfaces alone to show."},
};

}  // namespace

Area network_area() { return {kSources, kSettings}; }

}  // namespace joist::collectors
