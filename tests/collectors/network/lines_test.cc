// The lines of /proc/net with good content, and those that must be refused.
#include <gtest/gtest.h>

#include "collectors/network/arp.h"
#include "collectors/network/conntrack.h"
#include "collectors/network/fibrechannel.h"
#include "collectors/network/infiniband.h"
#include "collectors/network/netstat.h"
#include "collectors/network/socket_queues.h"
#include "collectors/network/sockstat.h"
#include "collectors/network/softnet.h"
#include "collectors/scrape.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

TEST(ArpLine, EndsWithItsInterface) {
  EXPECT_EQ(parse_arp_line("192.0.2.1  0x1  0x2  02:fc:00:00:00:05  *  eth0"), "eth0");
  EXPECT_EQ(parse_arp_line("IP address  HW type  Flags  HW address  Mask  Device"), "");
  EXPECT_EQ(parse_arp_line("192.0.2.1 0x1 0x2"), "");
  EXPECT_EQ(parse_arp_line(""), "");
}

TEST(SockstatLine, HasNamesAndNumbers) {
  const auto line = parse_sockstat_line("TCP: inuse 4 orphan 0 tw 4 alloc 17 mem 1 newer 9");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->protocol, "TCP");
  EXPECT_EQ(line->values[0], 4);
  EXPECT_EQ(line->values[4], 1);
  EXPECT_FALSE(line->values[5]);
  const auto sockets = parse_sockstat_line("sockets: used 12");
  ASSERT_TRUE(sockets);
  EXPECT_EQ(sockets->used, 12);
  for (const char* bad :
       {"", "TCP", ": inuse 1", "TCP: inuse", "TCP: inuse x", "TCP: mem 99999999999999999"}) {
    EXPECT_FALSE(parse_sockstat_line(bad)) << bad;
  }
}

TEST(SoftnetLine, KnowsThreeGenerationsOfKernels) {
  const auto old = parse_softnet_line("1 2 3 0 0 0 0 0 a");
  ASSERT_TRUE(old);
  EXPECT_EQ(old->values, (decltype(old->values){1, 2, 3, 10, 0, 0, 0}));
  EXPECT_FALSE(old->cpu);
  const auto later = parse_softnet_line("1 2 3 0 0 0 0 0 4 5 6");
  ASSERT_TRUE(later);
  EXPECT_EQ(later->values[5], 6U);
  const auto now = parse_softnet_line("1 2 3 0 0 0 0 0 4 5 6 7 1f 0 0");
  ASSERT_TRUE(now);
  EXPECT_EQ(now->values[6], 7U);
  EXPECT_EQ(now->cpu, 31U);
  for (const char* bad : {"", "1 2 3", "1 2 3 0 0 0 0 0 x", "1 2 3 0 0 0 0 0 -1"}) {
    EXPECT_FALSE(parse_softnet_line(bad)) << bad;
  }
}

TEST(SocketLine, HasAStateAndQueues) {
  const auto line = parse_socket_line(
      "  112: 00000000:0044 00000000:0000 0A 00000015:0000001F 00:0 0 0 0 17041 2 0 0");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->state, 10U);
  EXPECT_EQ(line->transmit_queue_bytes, 21U);
  EXPECT_EQ(line->receive_queue_bytes, 31U);
  for (const char* bad : {"", "  sl  local_address rem_address   st tx_queue rx_queue", "1: a b 07",
                          "1: a b zz 0:0", "1: a b 07 00", "1: a b 07 0:x"}) {
    EXPECT_FALSE(parse_socket_line(bad)) << bad;
  }
}

TEST(NetstatLine, BelongsToAProtocol) {
  EXPECT_EQ(netstat_protocol("Tcp: 1 2"), "Tcp");
  EXPECT_EQ(netstat_protocol("nonsense"), "");
  const auto split = split_snmp6_name("UdpLite6InErrors");
  ASSERT_TRUE(split);
  EXPECT_EQ(split->protocol, "UdpLite6");
  EXPECT_EQ(split->name, "InErrors");
  EXPECT_FALSE(split_snmp6_name("InErrors"));
  EXPECT_FALSE(split_snmp6_name("Udp6"));
}

TEST(Conntrack, SumsTheCpusByTheNamesOfTheFirstLine) {
  MalformedLines malformed;
  const auto sums = sum_conntrack("entries found drop\n1 a 1\nx y z\n1 2 ff\n", "p", malformed);
  EXPECT_EQ(sums, (ConntrackCounters{0x100, 0, 12, 0, 0, 0, 0, 0}));
  EXPECT_EQ(malformed.count(), 1U);
  EXPECT_EQ(sum_conntrack("", "p", malformed), ConntrackCounters{});
}

TEST(Infiniband, StatesAndRates) {
  EXPECT_EQ(parse_infiniband_state("4: ACTIVE"), 4);
  EXPECT_FALSE(parse_infiniband_state("ACTIVE"));
  EXPECT_EQ(parse_infiniband_rate("2.5 Gb/sec (1X SDR)"), 312500000);
  EXPECT_EQ(parse_infiniband_rate("100 Gb/sec (4X EDR)"), 12500000000);
  for (const char* bad : {"", "100", "x Gb/sec", "nan Gb/sec", "-1 Gb/sec", "1e30 Gb/sec"}) {
    EXPECT_FALSE(parse_infiniband_rate(bad)) << bad;
  }
}

TEST(FibrechannelCounter, OfAllOnesIsNone) {
  EXPECT_EQ(parse_fibrechannel_counter("0x1a"), 26);
  EXPECT_FALSE(parse_fibrechannel_counter("0xffffffffffffffff"));
  EXPECT_FALSE(parse_fibrechannel_counter("26"));
  EXPECT_FALSE(parse_fibrechannel_counter("0x"));
}

class NetstatTree : public testing::Test {
 protected:
  NetstatTree() {
    root_.write("/proc/net/netstat", "");
    root_.write("/proc/net/snmp", "");
  }
  std::string page() {
    Options options{.enabled = {"netstat"}, .defaults = false, .process = false};
    auto scrape =
        Scrape::make({.procfs = root_.path() / "proc", .sysfs = root_.path() / "sys"}, options);
    EXPECT_TRUE(scrape.has_value());
    std::string text((*scrape)->page());
    return text.substr(0, text.find("# HELP node_scrape"));
  }
  support::TempRoot root_;
};

TEST_F(NetstatTree, ABadLineCostsThatLineOnly) {
  root_.write("/proc/net/snmp",
              "nonsense\nUdp: InErrors NoPorts InErrors\nUdp: x 7 9\nTcp: InErrs\nIp: 1\n"
              "Icmp: InErrors\n");
  root_.write("/proc/net/snmp6", "Udp6InErrors 5\nUdp6NoPorts\nUdp6InErrors 6\n\xff\xfe 6\n");
  EXPECT_EQ(page(),
            "# HELP node_netstat_Udp_NoPorts Statistic UdpNoPorts.\n"
            "# TYPE node_netstat_Udp_NoPorts untyped\nnode_netstat_Udp_NoPorts 7\n"
            "# HELP node_netstat_Udp6_InErrors Statistic Udp6InErrors.\n"
            "# TYPE node_netstat_Udp6_InErrors untyped\nnode_netstat_Udp6_InErrors 5\n");
}

TEST_F(NetstatTree, ShowsWithoutIPv6) {
  root_.write("/proc/net/snmp", "Tcp: InErrs MaxConn\nTcp: 3 -1\n");
  EXPECT_NE(page().find("\nnode_netstat_Tcp_MaxConn -1\n"), std::string::npos);
}

}  // namespace
}  // namespace joist::collectors
