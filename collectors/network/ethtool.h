// What network drivers say of their devices: their own counters, and what the port can do.
//
// Source: SIOCETHTOOL (EthtoolDevices) for each interface of LinkTable; names of counters
//         and abilities when the kernel said something of an interface, and each minute.
// Emits:  node_ethtool_<counter>{device}  untyped, of the counters that
//         collector.ethtool.metrics-include picks
//         node_ethtool_info{bus_info,device,driver,expansion_rom_version,firmware_version,
//         version}  gauge 1
//         node_network_{supported,advertised}_speed_bytes{device,duplex,mode},
//         node_network_supported_port_info{device,type}, node_network_autonegotiate{device},
//         node_network_{autonegotiate,pause,asymmetricpause}_{supported,advertised}{device}  gauge
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/device_filter.h"
#include "collectors/name_filter.h"
#include "collectors/network/ethtool_device.h"
#include "collectors/network/link_table.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

// A driver's name of a counter without what no metric's name may have: "rx_queue[0]" is
// "rx_queue_0_".
std::string sanitize_counter_name(std::string_view name);

// The family of such a counter: "received_queue_0" after node_ethtool_ for "rx_queue_0".
std::string ethtool_family(std::string_view sanitized);

class EthtoolCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  EthtoolCollector(const Roots& roots, DeviceFilter filter, NameFilter metrics);
  std::string_view name() const override { return "ethtool"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Fact {
    SampleSheet::Place place;
    double value;
  };
  struct Device {
    std::string name;
    std::vector<SampleSheet::Place> places;  // of each counter
    std::vector<std::uint64_t> counters;
  };

  Result<bool> look();
  void meet_all();
  void meet(const std::string& name);
  void meet_counters(Device& device, const std::vector<std::string>& names);
  void show_abilities(const std::string& device, const EthtoolSettings& settings);
  void show_modes(std::string_view device, std::string_view prefix, std::uint32_t modes);
  void fact(const FamilyText& family, const Labels& labels, double value);
  bool fill();

  std::shared_ptr<LinkTable> links_;  // none on another tree
  DeviceFilter filter_;
  NameFilter metrics_;
  EthtoolDevices drivers_;
  std::uint64_t generation_ = 0;
  std::uint64_t lists_ = 0;
  std::vector<std::string> names_;  // of those that are shown
  SampleSheet sheet_;
  std::vector<Fact> facts_;
  std::vector<Device> devices_;
};

}  // namespace joist::collectors
