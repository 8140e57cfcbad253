#include "collectors/network/netclass.h"

#include <gtest/gtest.h>
#include <linux/if.h>

#include <filesystem>

#include "collectors/scrape.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

TEST(NetAttribute, IsDecimalOrHexadecimal) {
  EXPECT_EQ(parse_net_attribute("0x1003"), 0x1003);
  EXPECT_EQ(parse_net_attribute("-1"), -1);
  for (const char* bad : {"", "0x", "0xg", "1 2", "x", "99999999999999999999"}) {
    EXPECT_FALSE(parse_net_attribute(bad)) << bad;
  }
}

TEST(DescribeLink, AnInterfaceThatIsDownHasNoCarrierAtAll) {
  LinkFacts facts;
  facts.index = 4;
  facts.carrier = false;
  facts.operational_state = 2;
  NetInterface described = describe_link(facts);
  EXPECT_FALSE(described[NetProperty::Carrier]);
  EXPECT_FALSE(described[NetProperty::Dormant]);
  EXPECT_EQ(described[NetProperty::InterfaceLink], 4) << "itself";
  EXPECT_EQ(described.operational_state, "down");

  facts.running = true;
  facts.lower_index = 9;
  facts.operational_state = 200;
  described = describe_link(facts);
  EXPECT_EQ(described[NetProperty::Carrier], 0);
  EXPECT_EQ(described[NetProperty::Dormant], 0);
  EXPECT_EQ(described[NetProperty::InterfaceLink], 9);
  EXPECT_EQ(described.operational_state, "unknown");
}

class NetclassTree : public testing::Test {
 protected:
  NetclassTree() {
    root_.write("/class/net/bonding_masters", "\n");
    root_.write("/class/net/eth0/mtu", "1500\n");
    root_.write("/class/net/eth0/operstate", "up\n");
  }
  std::string page(std::string_view setting = {}) {
    Options options{.enabled = {"netclass"}, .defaults = false, .process = false};
    const bool set = setting.empty() || options.settings.set(setting, "true").has_value();
    EXPECT_TRUE(set) << setting;
    auto scrape = Scrape::make({.procfs = root_.path(), .sysfs = root_.path()}, options);
    EXPECT_TRUE(scrape.has_value());
    return std::string((*scrape)->page());
  }
  bool has(const std::string& page, std::string_view text) {
    return page.find(text) != std::string::npos;
  }
  support::TempRoot root_;
};

TEST_F(NetclassTree, AnAttributeThatCannotBeReadCostsItself) {
  root_.write("/class/net/eth0/carrier/is-a-directory", "");
  root_.write("/class/net/eth0/tx_queue_len", "many\n");
  root_.write("/class/net/eth0/speed", "99999999999999\n");
  const std::string text = page();
  EXPECT_TRUE(has(text, "node_network_mtu_bytes{device=\"eth0\"} 1500\n"));
  EXPECT_TRUE(has(text, "node_network_up{device=\"eth0\"} 1\n"));
  EXPECT_TRUE(has(text, "adminstate=\"unknown\""));
  EXPECT_FALSE(has(text, "node_network_carrier"));
  EXPECT_FALSE(has(text, "node_network_transmit_queue_length"));
  EXPECT_FALSE(has(text, "node_network_speed_bytes"));
  EXPECT_FALSE(has(text, "bonding_masters"));
}

TEST_F(NetclassTree, UnknownSpeedIsShownUnlessItShallNot) {
  root_.write("/class/net/eth0/speed", "-1\n");
  EXPECT_TRUE(has(page(), "node_network_speed_bytes{device=\"eth0\"} -125000\n"));
  EXPECT_FALSE(has(page("collector.netclass.ignore-invalid-speed"), "node_network_speed_bytes"));
}

TEST_F(NetclassTree, IsSkippedWhereThereIsNoNetwork) {
  std::filesystem::remove_all(root_.path() / "class");
  EXPECT_TRUE(has(page(), "node_scrape_collector_success{collector=\"netclass\"} 0\n"));
}

}  // namespace
}  // namespace joist::collectors
