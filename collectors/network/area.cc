#include "collectors/area.h"

#include "collectors/network/netclass.h"
#include "collectors/network/netdev.h"

namespace joist::collectors {
namespace {

constexpr auto On = Source::Standard::On;
constexpr auto Pattern = Setting::Kind::Pattern;
constexpr auto Switch = Setting::Kind::Switch;

constexpr Source kSources[] = {
    {"netclass", On, NetclassCollector::make},
    {"netdev", On, NetdevCollector::make},
};

constexpr Setting kSettings[] = {
    {"collector.netclass.ignore-invalid-speed", Switch, "false",
     "Whether to leave out speeds that the driver does not know (-1)."},
    {"collector.netclass.ignored-devices", Pattern, "^$", "Which interfaces to leave out."},
    // Of the host it runs on Joist always asks netlink, and shows what sysfs would say.
    {"collector.netclass.netlink", Switch, "false",
     "Whether to show what only netlink tells: node_network_altnames_info."},
    {"collector.netdev.address-info", Switch, "false",
     "Whether to show the addresses of every interface."},
    {"collector.netdev.device-exclude", Pattern, "^lo$", "Which interfaces to leave out."},
    {"collector.netdev.device-include", Pattern, "", "Which interfaces alone to show."},
    {"collector.netdev.enable-detailed-metrics", Switch, "false",
     "Whether to show the kernel's finer counters, under other names."},
    {"collector.netdev.label-ifalias", Switch, "false",
     "Whether to label with the interface's alias."},
    {"collector.netdev.netlink", Switch, "true",
     "Whether to ask netlink instead of reading /proc/net/dev."},
};

}  // namespace

Area network_area() { return {kSources, kSettings}; }

}  // namespace joist::collectors
