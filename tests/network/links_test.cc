#include "network/links.h"

#include <gtest/gtest.h>

#include "tests/support/temp_root.h"

namespace joist::network {
namespace {

TEST(Links, AreDescribedFromSysfs) {
  support::TempRoot host;
  host.write("/sys/class/net/eno1/device/vendor", "0x8086\n");
  host.write("/sys/class/net/eno1/mtu", "9000\n");
  host.write("/sys/class/net/eno1/operstate", "up\n");
  host.write("/sys/class/net/eno1/speed", "25000\n");
  const auto links = describe_links(
      host.sys_root(), {{"eno1", "52:54:00:12:34:56", {"192.0.2.7/24", "fe80::1/64"}}});
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(links[0].mac, "52:54:00:12:34:56");
  EXPECT_EQ(links[0].mtu_bytes, 9000U);
  EXPECT_EQ(links[0].state, "up");
  EXPECT_EQ(links[0].speed_bits_per_second, 25'000'000'000U);
  EXPECT_EQ(links[0].addresses.size(), 2U);
}

TEST(Links, HaveNoSpeedWhereTheDriverKnowsNone) {
  for (const char* speed : {"-1\n", "4294967295\n", ""}) {
    SCOPED_TRACE(speed);
    support::TempRoot host;
    host.write("/sys/class/net/lo/speed", speed);
    EXPECT_EQ(describe_links(host.sys_root(), {{"lo", "", {}}})[0].speed_bits_per_second, 0U);
  }
}

TEST(Links, LeaveOutWhatWorkloadsBringAndTake) {
  support::TempRoot host;
  host.write("/sys/class/net/bond0/uevent", "DEVTYPE=bond\nINTERFACE=bond0\n");
  host.write("/sys/class/net/cali1234/uevent", "INTERFACE=cali1234\n");
  host.write("/sys/class/net/kube-ipvs0/uevent", "INTERFACE=kube-ipvs0\n");
  const auto links = describe_links(host.sys_root(), {{"bond0", "", {}},
                                                      {"cali1234", "", {"fe80::ecee/64"}},
                                                      {"eth0", "", {"198.51.100.4/16"}},
                                                      {"kube-ipvs0", "", {"10.43.0.1/32"}},
                                                      {"lo", "", {"127.0.0.1/8"}}});
  std::vector<std::string> names;
  for (const Link& link : links) names.push_back(link.name);
  EXPECT_EQ(names, (std::vector<std::string>{"bond0", "eth0", "lo"}));
}

TEST(Links, AreBounded) {
  support::TempRoot host;
  std::vector<Interface> many;
  for (int i = 0; i < 1000; ++i) many.push_back({"eth" + std::to_string(i), "", {"192.0.2.1/24"}});
  many[0].addresses.resize(5000, "192.0.2.1/24");
  const auto links = describe_links(host.sys_root(), many);
  EXPECT_EQ(links.size(), kLinksMax);
  EXPECT_EQ(links[0].addresses.size(), kAddressesMax);
}

}  // namespace
}  // namespace joist::network
