#include "collectors/network/wifi.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nl80211.h>

#include "collectors/network/link_table.h"

namespace joist::collectors {
namespace {

constexpr double kBitrateUnit = 100'000;  // bit/s
constexpr std::uint8_t kSsidElement = 0;

struct Value {
  const char* name;
  const char* help;
  MetricType type = MetricType::Counter;
};

enum : std::size_t {
  kConnected,
  kInactive,
  kReceiveBitrate,
  kTransmitBitrate,
  kReceiveBytes,
  kTransmitBytes,
  kSignal,
  kRetries,
  kFailed,
  kBeaconLoss,
  kTransmittedPackets,
  kReceivedPackets,
};

constexpr std::array<Value, kWifiStationValues> kValues{{
    {"connected_seconds_total",
     "The total number of seconds a station has been connected to an access point."},
    {"inactive_seconds",
     "The number of seconds since any wireless activity has occurred on a station.",
     MetricType::Gauge},
    {"receive_bits_per_second",
     "The current WiFi receive bitrate of a station, in bits per second.", MetricType::Gauge},
    {"transmit_bits_per_second",
     "The current WiFi transmit bitrate of a station, in bits per second.", MetricType::Gauge},
    {"receive_bytes_total", "The total number of bytes received by a WiFi station."},
    {"transmit_bytes_total", "The total number of bytes transmitted by a WiFi station."},
    {"signal_dbm", "The current WiFi signal strength, in decibel-milliwatts (dBm).",
     MetricType::Gauge},
    {"transmit_retries_total",
     "The total number of times a station has had to retry while sending a packet."},
    {"transmit_failed_total", "The total number of times a station has failed to send a packet."},
    {"beacon_loss_total", "The total number of times a station has detected a beacon loss."},
    {"transmitted_packets_total", "The total number of packets transmitted by a station."},
    {"received_packets_total", "The total number of packets received by a station."},
}};

double bits_per_second(std::string_view nested) {
  double rate = 0;
  NetlinkAttributes attributes(nested);
  for (NetlinkAttribute attribute; attributes.next(attribute);) {
    if (attribute.type == NL80211_RATE_INFO_BITRATE32) {
      return read_packed<std::uint32_t>(attribute.data) * kBitrateUnit;
    }
    if (attribute.type == NL80211_RATE_INFO_BITRATE) {
      rate = read_packed<std::uint16_t>(attribute.data) * kBitrateUnit;
    }
  }
  return rate;
}

// The counters of 32 bits come with ones of 64 where the driver has them.
void read_station(std::string_view nested, std::array<double, kWifiStationValues>& values) {
  bool wide_receive = false;
  bool wide_transmit = false;
  NetlinkAttributes attributes(nested);
  for (NetlinkAttribute attribute; attributes.next(attribute);) {
    const double number = read_packed<std::uint32_t>(attribute.data);
    const auto wide = static_cast<double>(read_packed<std::uint64_t>(attribute.data));
    switch (attribute.type) {
      case NL80211_STA_INFO_CONNECTED_TIME:
        values[kConnected] = number;
        break;
      case NL80211_STA_INFO_INACTIVE_TIME:
        values[kInactive] = number / 1000;
        break;
      case NL80211_STA_INFO_RX_BITRATE:
        values[kReceiveBitrate] = bits_per_second(attribute.data);
        break;
      case NL80211_STA_INFO_TX_BITRATE:
        values[kTransmitBitrate] = bits_per_second(attribute.data);
        break;
      case NL80211_STA_INFO_RX_BYTES:
        if (!wide_receive) values[kReceiveBytes] = number;
        break;
      case NL80211_STA_INFO_TX_BYTES:
        if (!wide_transmit) values[kTransmitBytes] = number;
        break;
      case NL80211_STA_INFO_RX_BYTES64:
        values[kReceiveBytes] = wide;
        wide_receive = true;
        break;
      case NL80211_STA_INFO_TX_BYTES64:
        values[kTransmitBytes] = wide;
        wide_transmit = true;
        break;
      case NL80211_STA_INFO_SIGNAL:
        values[kSignal] = read_packed<std::int8_t>(attribute.data);
        break;
      case NL80211_STA_INFO_TX_RETRIES:
        values[kRetries] = number;
        break;
      case NL80211_STA_INFO_TX_FAILED:
        values[kFailed] = number;
        break;
      case NL80211_STA_INFO_BEACON_LOSS:
        values[kBeaconLoss] = number;
        break;
      case NL80211_STA_INFO_TX_PACKETS:
        values[kTransmittedPackets] = number;
        break;
      case NL80211_STA_INFO_RX_PACKETS:
        values[kReceivedPackets] = number;
        break;
      default:
        break;
    }
  }
}

// IEEE 802.11 elements: a byte what, a byte how long, the content.
std::string_view find_ssid(std::string_view elements) {
  while (elements.size() >= 2) {
    const auto length = static_cast<unsigned char>(elements[1]);
    if (elements.size() < 2U + length) return {};
    if (static_cast<std::uint8_t>(elements[0]) == kSsidElement) return elements.substr(2, length);
    elements.remove_prefix(2U + length);
  }
  return {};
}

std::string_view mode_name(std::uint32_t status) {
  switch (status) {
    case NL80211_BSS_STATUS_AUTHENTICATED:
    case NL80211_BSS_STATUS_ASSOCIATED:
      return "client";
    case NL80211_BSS_STATUS_IBSS_JOINED:
      return "ad-hoc";
    default:
      return "unknown";
  }
}

// One attribute of a request.
void append_attribute(std::string& request, std::uint16_t type, std::string_view data) {
  nlattr header{};
  header.nla_len = static_cast<std::uint16_t>(sizeof header + data.size());
  header.nla_type = type;
  request.append(bytes_of(header)).append(data);
  request.resize(NLA_ALIGN(request.size()), '\0');
}

}  // namespace

std::optional<std::uint16_t> parse_wifi_family(std::string_view payload) {
  std::optional<std::uint16_t> id;
  bool is_wifi = false;
  NetlinkAttributes attributes(payload, GENL_HDRLEN);
  for (NetlinkAttribute attribute; attributes.next(attribute);) {
    if (attribute.type == CTRL_ATTR_FAMILY_ID) id = read_packed<std::uint16_t>(attribute.data);
    if (attribute.type == CTRL_ATTR_FAMILY_NAME) is_wifi = read_text(attribute.data) == "nl80211";
  }
  return is_wifi ? id : std::nullopt;
}

std::optional<WifiInterface> parse_wifi_interface(std::string_view payload) {
  WifiInterface interface;
  NetlinkAttributes attributes(payload, GENL_HDRLEN);
  for (NetlinkAttribute attribute; attributes.next(attribute);) {
    if (attribute.type == NL80211_ATTR_IFINDEX) {
      interface.index = read_packed<std::uint32_t>(attribute.data);
    } else if (attribute.type == NL80211_ATTR_IFNAME) {
      interface.name = read_text(attribute.data);
    } else if (attribute.type == NL80211_ATTR_MAC) {
      interface.address = attribute.data;
    } else if (attribute.type == NL80211_ATTR_WIPHY_FREQ) {
      interface.frequency_mhz = read_packed<std::uint32_t>(attribute.data);
    }
  }
  if (interface.name.empty()) return std::nullopt;  // a virtual one without a name
  return interface;
}

std::optional<WifiNetwork> parse_wifi_network(std::string_view payload) {
  NetlinkAttributes attributes(payload, GENL_HDRLEN);
  for (NetlinkAttribute attribute; attributes.next(attribute);) {
    if (attribute.type != NL80211_ATTR_BSS) continue;
    WifiNetwork network;
    bool joined = false;  // only of the network the interface is part of is a status told
    NetlinkAttributes nested(attribute.data);
    for (NetlinkAttribute inner; nested.next(inner);) {
      if (inner.type == NL80211_BSS_BSSID) {
        network.bssid = inner.data;
      } else if (inner.type == NL80211_BSS_STATUS) {
        network.mode = mode_name(read_packed<std::uint32_t>(inner.data));
        joined = true;
      } else if (inner.type == NL80211_BSS_INFORMATION_ELEMENTS) {
        network.ssid = find_ssid(inner.data);
      }
    }
    if (joined) return network;
  }
  return std::nullopt;
}

std::optional<WifiStation> parse_wifi_station(std::string_view payload) {
  WifiStation station;
  bool told = false;
  NetlinkAttributes attributes(payload, GENL_HDRLEN);
  for (NetlinkAttribute attribute; attributes.next(attribute);) {
    if (attribute.type == NL80211_ATTR_MAC) station.address = attribute.data;
    if (attribute.type == NL80211_ATTR_STA_INFO) {
      read_station(attribute.data, station.values);
      told = true;
    }
  }
  if (!told) return std::nullopt;
  return station;
}

WifiCollector::WifiCollector(const Roots& roots)
    : live_(roots.live()),
      changes_(roots.devices),
      socket_(NETLINK_GENERIC, "the wireless interfaces"),
      frequency_("node_wifi_interface_frequency_hertz",
                 "The current frequency a WiFi interface is operating at, in hertz.",
                 MetricType::Gauge),
      info_("node_wifi_station_info",
            "Labeled WiFi interface station information as provided by the operating system.",
            MetricType::Gauge) {
  for (const Value& value : kValues) {
    families_.emplace_back(std::string("node_wifi_station_") + value.name, value.help, value.type);
  }
}

Result<void> WifiCollector::find_family() {
  if (family_ != 0) return {};
  const bool known_absent = changes_ && absent_since_ == changes_->generation();
  if (!live_ || known_absent) return fail(ErrorCode::NotFound, "no nl80211");
  genlmsghdr request{};
  request.cmd = CTRL_CMD_GETFAMILY;
  request.version = 1;
  auto dump = socket_.dump(GENL_ID_CTRL, bytes_of(request), [this](const NetlinkMessage& message) {
    if (const auto id = parse_wifi_family(message.payload)) family_ = *id;
  });
  if (!dump) return tl::unexpected<Error>(dump.error());
  if (family_ != 0) return {};
  if (changes_) absent_since_ = changes_->generation();
  return fail(ErrorCode::NotFound, "no nl80211");
}

Result<void> WifiCollector::ask(std::uint8_t command, const WifiInterface* interface,
                                const NetlinkSocket::Each& each) {
  genlmsghdr header{};
  header.cmd = command;
  std::string request(bytes_of(header));
  if (interface != nullptr) {
    append_attribute(request, NL80211_ATTR_IFINDEX, bytes_of(interface->index));
    append_attribute(request, NL80211_ATTR_MAC, interface->address);
  }
  auto dump = socket_.dump(family_, request, each);
  if (!dump) return tl::unexpected<Error>(dump.error());
  return {};
}

// Wireless interfaces are few: what is shown of them is made anew for each page.
Result<void> WifiCollector::collect(Exposition& page) {
  if (auto found = find_family(); !found) return found;
  std::vector<WifiInterface> interfaces;
  auto asked = ask(NL80211_CMD_GET_INTERFACE, nullptr, [&](const NetlinkMessage& message) {
    if (auto interface = parse_wifi_interface(message.payload)) {
      interfaces.push_back(std::move(*interface));
    }
  });
  if (!asked) {
    family_ = 0;  // the module may have gone and come with another number
    return asked;
  }
  page.begin(frequency_);
  for (const WifiInterface& interface : interfaces) {
    page.sample(Labels{{"device", interface.name}}, interface.frequency_mhz * 1e6);
  }

  page.begin(info_);
  std::vector<std::pair<Labels, WifiStation>> stations;
  for (const WifiInterface& interface : interfaces) {
    // An interface of another kind refuses; that costs what it does not have.
    std::optional<WifiNetwork> network;
    static_cast<void>(ask(NL80211_CMD_GET_SCAN, &interface, [&](const NetlinkMessage& message) {
      if (auto told = parse_wifi_network(message.payload)) network = std::move(told);
    }));
    if (network) {
      page.sample(Labels{{"bssid", format_hardware_address(network->bssid)},
                         {"device", interface.name},
                         {"mode", network->mode},
                         {"ssid", network->ssid}},
                  1U);
    }
    static_cast<void>(ask(NL80211_CMD_GET_STATION, &interface, [&](const NetlinkMessage& message) {
      auto station = parse_wifi_station(message.payload);
      if (!station) return;
      Labels labels{{"device", interface.name},
                    {"mac_address", format_hardware_address(station->address)}};
      stations.emplace_back(std::move(labels), std::move(*station));
    }));
  }
  for (std::size_t i = 0; i < kWifiStationValues; ++i) {
    page.begin(families_[i]);
    for (const auto& [labels, station] : stations) page.sample(labels, station.values[i]);
  }
  return {};
}

}  // namespace joist::collectors
