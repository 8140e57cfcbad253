// What network interfaces are: state, addresses, speed, size of their queue.
//
// Source: for the host we run on rtnetlink (LinkTable), the driver (speed and duplex) and,
//         once for each interface and change of it, three attributes that only sysfs has.
//         For another tree /sys/class/net/NAME/* (Documentation/ABI/testing/sysfs-class-net).
// Emits:  node_network_up{device}, node_network_info{address,adminstate,broadcast,device,
//         duplex,ifalias,operstate} 1, node_network_*{device}  gauge;
//         node_network_carrier_*changes_total{device}  counter;
//         node_network_altnames_info{altname,device}  gauge 1, with collector.netclass.netlink
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/name_filter.h"
#include "collectors/network/ethtool_device.h"
#include "collectors/network/link_table.h"
#include "collectors/roots.h"

namespace joist::collectors {

// In the order the page has them.
enum class NetProperty : std::size_t {
  AddressAssignType,
  Carrier,
  CarrierChanges,
  CarrierDownChanges,
  CarrierUpChanges,
  DeviceId,
  Dormant,
  Flags,
  InterfaceId,
  InterfaceLink,
  InterfaceLinkMode,
  MtuBytes,
  NameAssignType,
  NetDevGroup,
  ProtocolType,
  SpeedBytes,
  TransmitQueueLength,
};
inline constexpr std::size_t kNetProperties = 17;

struct NetInterface {
  std::array<std::optional<std::int64_t>, kNetProperties> properties;
  std::string address;
  std::string broadcast;
  std::string duplex;
  std::string operational_state;
  std::string alias;

  std::optional<std::int64_t>& operator[](NetProperty property) {
    return properties[static_cast<std::size_t>(property)];
  }
  const std::optional<std::int64_t>& operator[](NetProperty property) const {
    return properties[static_cast<std::size_t>(property)];
  }
  bool operator==(const NetInterface&) const = default;
};

// What the kernel's rtnetlink says, in the words of sysfs. Pure.
NetInterface describe_link(const LinkFacts& facts);

// A number as attributes of sysfs have it, "0x" before hexadecimal ones.
std::optional<std::int64_t> parse_net_attribute(std::string_view text);

class NetclassCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  NetclassCollector(const Roots& roots, NameFilter ignored, bool ignore_invalid_speed,
                    bool alternative_names);
  std::string_view name() const override { return "netclass"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Device {
    std::string key;  // its name
    bool ignored = false;
    std::string directory;       // of another tree's sysfs
    std::uint64_t said_at = 0;   // the table's generation when it was read
    std::uint64_t asked_at = 0;  // the table's list when its driver was asked
    NetInterface read;
    NetInterface shown;
    Labels labels;
    Labels info;
    std::vector<Labels> alternative_names;
  };

  Result<void> read_links();
  Result<void> read_sysfs();
  void look_at(Device& device, const Link& link);
  void read_attributes(Device& device, int index);
  void ask_driver(Device& device, bool running);
  bool read_directory(Device& device);
  void render(Device& device);
  void show(Exposition& page) const;

  const SysRoot sys_;
  const bool ignore_invalid_speed_;
  const bool show_alternative_names_;
  std::shared_ptr<LinkTable> links_;  // none on another tree
  DeviceClass class_;
  NameFilter ignored_;
  EthtoolDevices drivers_;
  Listing<Device> devices_;
  MalformedLines malformed_;
  const Family up_, info_, alternative_names_;
  std::vector<Family> families_;
};

}  // namespace joist::collectors
