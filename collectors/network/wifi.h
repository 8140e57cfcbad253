// Wireless interfaces and the stations they talk to.
//
// Source: nl80211 (include/uapi/linux/nl80211.h) through generic netlink: dumps of
//         GET_INTERFACE, GET_SCAN and GET_STATION. Needs no privilege.
// Emits:  node_wifi_interface_frequency_hertz{device}  gauge
//         node_wifi_station_info{bssid,device,mode,ssid}  gauge 1
//         node_wifi_station_*{device,mac_address}
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/device_changes.h"
#include "collectors/network/netlink.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct WifiInterface {
  std::uint32_t index = 0;
  std::string name;
  std::string address;  // six bytes
  std::uint32_t frequency_mhz = 0;
};

// The network an interface is part of.
struct WifiNetwork {
  std::string bssid;  // six bytes
  std::string ssid;   // any bytes
  std::string_view mode = "unknown";
};

inline constexpr std::size_t kWifiStationValues = 12;

struct WifiStation {
  std::string address;                              // six bytes
  std::array<double, kWifiStationValues> values{};  // in the units and order of the families
};

// Each of a message's payload; nothing if it is of something else.
std::optional<WifiInterface> parse_wifi_interface(std::string_view payload);
std::optional<WifiNetwork> parse_wifi_network(std::string_view payload);
std::optional<WifiStation> parse_wifi_station(std::string_view payload);

// The number of the family "nl80211" among the answers of generic netlink's controller.
std::optional<std::uint16_t> parse_wifi_family(std::string_view payload);

class WifiCollector final : public Collector {
 public:
  explicit WifiCollector(const Roots& roots);
  std::string_view name() const override { return "wifi"; }
  Result<void> collect(Exposition& page) override;

 private:
  Result<void> find_family();
  Result<void> ask(std::uint8_t command, const WifiInterface* interface,
                   const NetlinkSocket::Each& each);

  const bool live_;
  const std::shared_ptr<const DeviceChanges> changes_;
  std::uint64_t absent_since_ = 0;  // generation of devices when there was no nl80211; 0: never
  NetlinkSocket socket_;
  std::uint16_t family_ = 0;  // 0: not known
  const Family frequency_, info_;
  std::vector<Family> families_;
};

}  // namespace joist::collectors
