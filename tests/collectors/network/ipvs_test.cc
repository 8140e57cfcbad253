#include "collectors/network/ipvs.h"

#include <gtest/gtest.h>

#include "collectors/scrape.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

TEST(IpvsEndpoint, IsOfEitherIp) {
  const auto v4 = parse_ipvs_endpoint("C0A80016:0CEA");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->address, "192.168.0.22");
  EXPECT_EQ(v4->port, 3306U);
  const auto v6 = parse_ipvs_endpoint("[2001:0DB8:0000:0000:0000:0000:0000:0001]:0050");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->address, "2001:db8::1");
  for (const char* bad : {"", "C0A80016", "C0A8001:0CEA", "C0A8001x:0CEA", ":0050", "[]:0050",
                          "C0A80016:10000", "C0A80016:"}) {
    EXPECT_FALSE(parse_ipvs_endpoint(bad)) << bad;
  }
}

TEST(IpvsLine, IsAServiceOrAServer) {
  const auto service = parse_ipvs_line("SCTP C0A80016:0CEA wlc");
  ASSERT_TRUE(service);
  EXPECT_FALSE(service->is_server);
  EXPECT_EQ(service->protocol, "SCTP");
  const auto server = parse_ipvs_line("  -> C0A85216:0CEA      Tunnel  100    248        2");
  ASSERT_TRUE(server);
  EXPECT_TRUE(server->is_server);
  EXPECT_EQ(server->active, 248U);
  for (const char* bad : {"", "TCP", "Prot LocalAddress:Port Scheduler Flags",
                          "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn",
                          "-> C0A85216:0CEA Tunnel 100 248"}) {
    EXPECT_FALSE(parse_ipvs_line(bad)) << bad;
  }
}

TEST(IpvsTotals, AreTheThirdLine) {
  EXPECT_EQ(parse_ipvs_totals("a\nb\n 1 a FF 10 0\n"), (IpvsTotals{1, 10, 255, 16, 0}));
  EXPECT_FALSE(parse_ipvs_totals("a\nb\n1 2 3 4\n"));
  EXPECT_FALSE(parse_ipvs_totals(""));
}

TEST(Ipvs, SumsOverLabelsThatAreNotShown) {
  const support::TempRoot root;
  root.write("/proc/net/ip_vs_stats", "a\nb\n1 2 3 4 5\n");
  root.write("/proc/net/ip_vs",
             "TCP  C0A80016:0CEA wlc\n  -> C0A85216:0CEA Tunnel 1 2 3\n"
             "  -> C0A85217:0CEA Tunnel 10 20 30\ngarbage\n  -> C0A8521x:0CEA Tunnel 1 1 1\n");
  Options options{.enabled = {"ipvs"}, .defaults = false, .process = false};
  ASSERT_TRUE(options.settings.set("collector.ipvs.backend-labels", "local_port,proto"));
  auto scrape = Scrape::make({.procfs = root.path() / "proc", .sysfs = root.path()}, options);
  ASSERT_TRUE(scrape.has_value());
  (*scrape)->page();
  const std::string page((*scrape)->page());
  EXPECT_NE(page.find("node_ipvs_backend_weight{local_port=\"3306\",proto=\"TCP\"} 11\n"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("node_ipvs_backend_connections_inactive{local_port=\"3306\",proto=\"TCP\"} "
                      "33\n"),
            std::string::npos);
}

TEST(Ipvs, RefusesALabelThatThereIsNot) {
  Options options{.enabled = {"ipvs"}, .defaults = false};
  ASSERT_TRUE(options.settings.set("collector.ipvs.backend-labels", "proto,colour"));
  const auto scrape = Scrape::make({}, options);
  ASSERT_FALSE(scrape.has_value());
  EXPECT_EQ(scrape.error().code, ErrorCode::Malformed);
  EXPECT_NE(scrape.error().message.find("colour"), std::string::npos);
}

}  // namespace
}  // namespace joist::collectors
