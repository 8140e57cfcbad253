#include "collectors/network/ethtool.h"

#include <gtest/gtest.h>

namespace joist::collectors {
namespace {

TEST(CounterName, KeepsWhatAMetricMayBeCalled) {
  EXPECT_EQ(sanitize_counter_name("rx_queue_0_drops"), "rx_queue_0_drops");
  EXPECT_EQ(sanitize_counter_name("rx__bytes"), "rx__bytes");
  EXPECT_EQ(sanitize_counter_name("[0]: rx_bytes"), "_0_rx_bytes");
  EXPECT_EQ(sanitize_counter_name("port.rx-size_-_64"), "port_rx_size_64");
  EXPECT_EQ(sanitize_counter_name(""), "");
  EXPECT_EQ(sanitize_counter_name("_a_"), "_a_");
  EXPECT_EQ(sanitize_counter_name("a\xff\xfe"), "a_");
}

TEST(CounterFamily, SaysReceivedAndTransmitted) {
  EXPECT_EQ(ethtool_family("rx_queue_0_drops"), "received_queue_0_drops");
  EXPECT_EQ(ethtool_family("tx_tx_timeouts"), "transmitted_tx_timeouts");
  EXPECT_EQ(ethtool_family("tx_xdp_tx_drops"), "transmitted_xdp_transmitted_drops");
  EXPECT_EQ(ethtool_family("rx0_xdp_tx"), "rx0_xdp_transmitted");
  EXPECT_EQ(ethtool_family("_0_RX_Bytes"), "0_received_bytes");
  EXPECT_EQ(ethtool_family("port_rx"), "port_received");
  EXPECT_EQ(ethtool_family("___"), "");
  EXPECT_EQ(ethtool_family("xrx_txx"), "xrx_txx");
}

TEST(Duplex, HasThreeNames) {
  EXPECT_EQ(duplex_name(0), "half");
  EXPECT_EQ(duplex_name(1), "full");
  EXPECT_EQ(duplex_name(0xff), "unknown");
}

TEST(EthtoolDevices, SaysSoWhereThereIsNoDevice) {
  EthtoolDevices drivers;
  for (const char* name : {"no-such-device", "a-name-too-long-for-any-interface"}) {
    const auto settings = drivers.settings(name);
    ASSERT_FALSE(settings);
    EXPECT_EQ(settings.error().code, ErrorCode::NotFound);
  }
}

}  // namespace
}  // namespace joist::collectors
