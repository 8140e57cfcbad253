// What the kernel says through netlink, taken apart: whole messages, old and short ones.
#include <gtest/gtest.h>
#include <linux/gen_stats.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/inet_diag.h>
#include <linux/nl80211.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "collectors/network/address_list.h"
#include "collectors/network/link_table.h"
#include "collectors/network/network_route.h"
#include "collectors/network/qdisc.h"
#include "collectors/network/tcpstat.h"
#include "collectors/network/wifi.h"
#include "tests/collectors/network/netlink_message.h"

namespace joist::collectors {
namespace {

using namespace std::string_view_literals;
using support::NetlinkPayload;

TEST(NetlinkAttributes, EndAtWhatDoesNotFit) {
  const std::string good = NetlinkPayload().add(7, "abc").add(8, "").bytes();
  NetlinkAttributes attributes(good);
  NetlinkAttribute attribute;
  ASSERT_TRUE(attributes.next(attribute));
  EXPECT_EQ(attribute.type, 7);
  EXPECT_EQ(attribute.data, "abc");
  ASSERT_TRUE(attributes.next(attribute));
  EXPECT_EQ(attribute.type, 8);
  EXPECT_FALSE(attributes.next(attribute));

  NetlinkAttributes cut(std::string_view(good).substr(0, 6));
  EXPECT_FALSE(cut.next(attribute));
  NetlinkAttributes zero("\0\0\0\0\0\0\0\0"sv);
  EXPECT_FALSE(zero.next(attribute));
  NetlinkAttributes beyond("ab", 100);
  EXPECT_FALSE(beyond.next(attribute));
}

TEST(NetlinkMessages, EndAtWhatDoesNotFit) {
  nlmsghdr header{};
  header.nlmsg_len = sizeof header + 4;
  header.nlmsg_type = 16;
  const std::string bytes = std::string(bytes_of(header)) + "data" + std::string(bytes_of(header));
  NetlinkMessages messages(bytes);
  NetlinkMessage message;
  ASSERT_TRUE(messages.next(message));
  EXPECT_EQ(message.type, 16);
  EXPECT_EQ(message.payload, "data");
  EXPECT_FALSE(messages.next(message));
}

NetlinkPayload link_named(std::string_view name, unsigned flags) {
  ifinfomsg header{};
  header.ifi_index = 7;
  header.ifi_type = 1;
  header.ifi_flags = flags;
  NetlinkPayload payload(header);
  payload.add(IFLA_IFNAME, name).add_number(IFLA_MTU, std::uint32_t{1500});
  return payload;
}

TEST(LinkMessage, SaysWhatSysfsWould) {
  rtnl_link_stats64 counters{};
  counters.rx_bytes = 5;
  auto payload = link_named("eth0\0"sv, IFF_UP | IFF_RUNNING | IFF_LOWER_UP | IFF_MULTICAST);
  payload.add(IFLA_ADDRESS, "\x02\xfc\0\0\0\x01"sv)
      .add(IFLA_IFALIAS, "rack 7\0"sv)
      .add_number(IFLA_PROMISCUITY, std::uint32_t{1})
      .add_number(IFLA_OPERSTATE, std::uint8_t{6})
      .add_number(IFLA_CARRIER, std::uint8_t{1})
      .add(IFLA_PROP_LIST, NetlinkPayload().add(IFLA_ALT_IFNAME, "enp3s0\0"sv).bytes())
      .add(IFLA_STATS64, bytes_of(counters));
  const auto link = parse_link(payload.bytes());
  ASSERT_TRUE(link);
  EXPECT_EQ(link->facts.index, 7);
  EXPECT_EQ(link->facts.name, "eth0");
  EXPECT_EQ(link->facts.alias, "rack 7");
  EXPECT_EQ(link->facts.address, "02:fc:00:00:00:01");
  EXPECT_EQ(link->facts.flags, static_cast<unsigned>(IFF_UP | IFF_MULTICAST | IFF_PROMISC));
  EXPECT_EQ(link->facts.alternative_names, std::vector<std::string>{"enp3s0"});
  EXPECT_EQ(link->counters.rx_bytes, 5U);
}

TEST(LinkMessage, OfABridgePortOrAWirelessEventIsNone) {
  ifinfomsg bridge{};
  bridge.ifi_family = AF_BRIDGE;
  NetlinkPayload of_bridge(bridge);
  of_bridge.add(IFLA_IFNAME, "eth0\0"sv).add_number(IFLA_MTU, std::uint32_t{1500});
  EXPECT_FALSE(parse_link(of_bridge.bytes()));

  NetlinkPayload wireless(ifinfomsg{});
  wireless.add(IFLA_IFNAME, "wlan0\0"sv).add(IFLA_WIRELESS, "x");
  EXPECT_FALSE(parse_link(wireless.bytes()));
  EXPECT_FALSE(parse_link(""));
  EXPECT_FALSE(parse_link("short"));
}

TEST(LinkCounters, MayBeOfAnOlderKernel) {
  if_stats_msg header{};
  header.ifindex = 3;
  NetlinkPayload payload(header);
  payload.add(IFLA_STATS_LINK_64, "\x01\0\0\0\0\0\0\0\x02\0\0\0"sv);  // cut off
  const auto counted = parse_link_counters(payload.bytes());
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->index, 3);
  EXPECT_EQ(counted->counters.rx_packets, 1U);
  EXPECT_EQ(counted->counters.tx_packets, 2U);
  EXPECT_FALSE(parse_link_counters(NetlinkPayload(header).bytes()));
}

TEST(AddressMessage, IsOfTheNearEnd) {
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = 32;
  header.ifa_index = 4;
  NetlinkPayload tunnel(header);
  tunnel.add(IFA_ADDRESS, "\x0a\0\0\x02"sv).add(IFA_LOCAL, "\x0a\0\0\x01"sv);
  const auto address = parse_address(tunnel.bytes());
  ASSERT_TRUE(address);
  EXPECT_EQ(*address, (InterfaceAddress{4, 32, "\x0a\0\0\x01"sv}));
  NetlinkPayload wrong(header);
  wrong.add(IFA_ADDRESS, "abc");
  EXPECT_FALSE(parse_address(wrong.bytes()));
  EXPECT_FALSE(parse_address("x"));
}

TEST(RouteMessage, HasOneHopOrMany) {
  rtmsg header{};
  header.rtm_type = RTN_UNICAST;
  header.rtm_protocol = 186;
  header.rtm_dst_len = 24;
  NetlinkPayload payload(header);
  payload.add(RTA_DST, "\x0a\0\0\0"sv).add_number(RTA_PRIORITY, std::uint32_t{20});
  Route route;
  {
    auto single = payload;
    single.add_number(RTA_OIF, 2).add(RTA_GATEWAY, "\x0a\0\0\x01"sv);
    ASSERT_TRUE(parse_route(single.bytes(), route));
    EXPECT_EQ(route.hops, (std::vector<RouteHop>{{2, "\x0a\0\0\x01"sv, std::nullopt}}));
    EXPECT_EQ(route.priority, 20U);
    EXPECT_EQ(route_protocol_name(route.protocol), "bgp");
  }
  const std::string gateway = NetlinkPayload().add(RTA_GATEWAY, "\x0a\0\0\x02"sv).bytes();
  rtnexthop hop{};
  hop.rtnh_len = static_cast<unsigned short>(sizeof hop + gateway.size());
  hop.rtnh_hops = 4;
  hop.rtnh_ifindex = 3;
  const std::string hops = std::string(bytes_of(hop)) + gateway + std::string(bytes_of(hop));
  payload.add(RTA_MULTIPATH, hops);
  ASSERT_TRUE(parse_route(payload.bytes(), route));
  EXPECT_EQ(route.hops, (std::vector<RouteHop>{{3, "\x0a\0\0\x02"sv, 5}})) << "the second is cut";

  header.rtm_type = RTN_LOCAL;
  EXPECT_FALSE(parse_route(NetlinkPayload(header).bytes(), route));
  EXPECT_FALSE(parse_route("", route));
  EXPECT_EQ(route_protocol_name(99), "unknown");
}

TEST(QdiscMessage, HasNestedStatistics) {
  gnet_stats_queue queue{};
  queue.qlen = 1;
  queue.backlog = 2;
  queue.drops = 3;
  queue.requeues = 4;
  queue.overlimits = 5;
  gnet_stats_basic basic{};
  basic.bytes = 6;
  basic.packets = 7;
  tcmsg header{};
  header.tcm_ifindex = 2;
  header.tcm_parent = TC_H_ROOT;
  NetlinkPayload payload(header);
  payload.add(TCA_KIND, "fq_codel\0"sv)
      .add(TCA_STATS2, NetlinkPayload()
                           .add(TCA_STATS_BASIC, bytes_of(basic))
                           .add(TCA_STATS_QUEUE, bytes_of(queue))
                           .bytes());
  const auto qdisc = parse_qdisc(payload.bytes());
  ASSERT_TRUE(qdisc);
  EXPECT_TRUE(qdisc->root);
  EXPECT_EQ(qdisc->kind, "fq_codel");
  EXPECT_EQ(qdisc->values, (decltype(qdisc->values){6, 7, 3, 4, 5, 1, 2}));
  header.tcm_parent = TC_H_INGRESS;
  EXPECT_FALSE(parse_qdisc(NetlinkPayload(header).bytes()));
}

TEST(InetDiag, HasAStateAndQueues) {
  inet_diag_msg message{};
  message.idiag_state = 10;
  message.idiag_rqueue = 1;
  message.idiag_wqueue = 128;
  const auto socket = parse_inet_diag(bytes_of(message));
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->state, 10U);
  EXPECT_EQ(socket->receive_queue_bytes, 1U);
  EXPECT_EQ(socket->transmit_queue_bytes, 128U);
  EXPECT_FALSE(parse_inet_diag("short"));
}

TEST(Wifi, KnowsItsFamilyAmongOthers) {
  const auto named = [](std::string_view name) {
    return NetlinkPayload(genlmsghdr{})
        .add(CTRL_ATTR_FAMILY_NAME, name)
        .add_number(CTRL_ATTR_FAMILY_ID, std::uint16_t{31})
        .bytes();
  };
  EXPECT_EQ(parse_wifi_family(named("nl80211\0"sv)), 31);
  EXPECT_FALSE(parse_wifi_family(named("ethtool\0"sv)));
  EXPECT_FALSE(parse_wifi_family(""));
}

TEST(Wifi, InterfaceNetworkAndStation) {
  const auto interface = parse_wifi_interface(NetlinkPayload(genlmsghdr{})
                                                  .add_number(NL80211_ATTR_IFINDEX, 5U)
                                                  .add(NL80211_ATTR_IFNAME, "wlan0\0"sv)
                                                  .add_number(NL80211_ATTR_WIPHY_FREQ, 2412U)
                                                  .bytes());
  ASSERT_TRUE(interface);
  EXPECT_EQ(interface->name, "wlan0");
  EXPECT_EQ(interface->frequency_mhz, 2412U);
  EXPECT_FALSE(parse_wifi_interface(NetlinkPayload(genlmsghdr{}).bytes()));

  const auto network_with = [](bool joined) {
    NetlinkPayload bss;
    bss.add(NL80211_BSS_BSSID, "\x02\0\0\0\0\x09"sv)
        .add(NL80211_BSS_INFORMATION_ELEMENTS, "\x01\x01\x82\x00\x04home\x03"sv);
    if (joined) bss.add_number(NL80211_BSS_STATUS, std::uint32_t{1});
    return parse_wifi_network(
        NetlinkPayload(genlmsghdr{}).add(NL80211_ATTR_BSS, bss.bytes()).bytes());
  };
  const auto network = network_with(true);
  ASSERT_TRUE(network);
  EXPECT_EQ(network->ssid, "home");
  EXPECT_EQ(network->mode, "client");
  EXPECT_FALSE(network_with(false)) << "one in sight only";

  NetlinkPayload told;
  told.add_number(NL80211_STA_INFO_RX_BYTES64, std::uint64_t{1} << 40)
      .add_number(NL80211_STA_INFO_RX_BYTES, std::uint32_t{7})
      .add_number(NL80211_STA_INFO_SIGNAL, std::int8_t{-52})
      .add_number(NL80211_STA_INFO_INACTIVE_TIME, std::uint32_t{400})
      .add(NL80211_STA_INFO_TX_BITRATE,
           NetlinkPayload().add_number(NL80211_RATE_INFO_BITRATE, std::uint16_t{1300}).bytes());
  const auto station = parse_wifi_station(
      NetlinkPayload(genlmsghdr{}).add(NL80211_ATTR_STA_INFO, told.bytes()).bytes());
  ASSERT_TRUE(station);
  EXPECT_EQ(station->values[1], 0.4);
  EXPECT_EQ(station->values[3], 130e6);
  EXPECT_EQ(station->values[4], static_cast<double>(std::uint64_t{1} << 40));
  EXPECT_EQ(station->values[6], -52);
}

}  // namespace
}  // namespace joist::collectors
