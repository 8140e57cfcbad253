#include "collectors/area.h"

#include "collectors/network/arp.h"
#include "collectors/network/bonding.h"
#include "collectors/network/conntrack.h"
#include "collectors/network/ethtool.h"
#include "collectors/network/fibrechannel.h"
#include "collectors/network/infiniband.h"
#include "collectors/network/ipvs.h"
#include "collectors/network/lnstat.h"
#include "collectors/network/netclass.h"
#include "collectors/network/netdev.h"
#include "collectors/network/netstat.h"
#include "collectors/network/network_route.h"
#include "collectors/network/qdisc.h"
#include "collectors/network/sockstat.h"
#include "collectors/network/softnet.h"
#include "collectors/network/tcpstat.h"
#include "collectors/network/udp_queues.h"
#include "collectors/network/wifi.h"
#include "collectors/network/xfrm.h"

namespace joist::collectors {
namespace {

using enum Setting::Kind;
using enum Source::Standard;

constexpr Source kSources[] = {
    {"arp", On, ArpCollector::make},
    {"bonding", On, make_plain<BondingCollector>},
    {"conntrack", On, make_plain<ConntrackCollector>},
    {"ethtool", Off, EthtoolCollector::make},
    {"fibrechannel", On, make_plain<FibrechannelCollector>},
    {"infiniband", On, make_plain<InfinibandCollector>},
    {"ipvs", On, IpvsCollector::make},
    {"lnstat", Off, make_plain<LnstatCollector>},
    {"netclass", On, NetclassCollector::make},
    {"netdev", On, NetdevCollector::make},
    {"netstat", On, NetstatCollector::make},
    {"network_route", Off, make_plain<NetworkRouteCollector>},
    {"qdisc", Off, QdiscCollector::make},
    {"sockstat", On, make_plain<SockstatCollector>},
    {"softnet", On, make_plain<SoftnetCollector>},
    {"tcpstat", Off, make_plain<TcpstatCollector>},
    {"udp_queues", On, make_plain<UdpQueuesCollector>},
    {"wifi", Off, make_plain<WifiCollector>},
    {"xfrm", Off, make_plain<XfrmCollector>},
};

constexpr Setting kSettings[] = {
    {"collector.arp.device-exclude", Pattern, "", "Which interfaces to leave out."},
    {"collector.arp.device-include", Pattern, "", "Which interfaces alone to show."},
    {"collector.arp.netlink", Switch, "true",
     "Accepted for node_exporter's sake: /proc/net/arp tells the same."},
    {"collector.ethtool.device-exclude", Pattern, "", "Which interfaces to leave out."},
    {"collector.ethtool.device-include", Pattern, "", "Which interfaces alone to show."},
    {"collector.ethtool.metrics-include", Pattern, ".*", "Which counters of drivers to show."},
    {"collector.ipvs.backend-labels", Text,
     "local_address,local_port,remote_address,remote_port,proto,local_mark",
     "Which labels backends have, separated by commas."},
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
    // node_exporter 1.12's, and MaxConn, which the dashboard 1860 asks for.
    {"collector.netstat.fields", Pattern,
     "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|"
     "TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|"
     "Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab|MaxConn)|"
     "Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
     "Which counters of the protocols to show."},
    {"collector.qdisc.device-exclude", Pattern, "", "Which interfaces to leave out."},
    {"collector.qdisc.device-include", Pattern, "", "Which interfaces alone to show."},
};

}  // namespace

Area network_area() { return {kSources, kSettings}; }

}  // namespace joist::collectors
