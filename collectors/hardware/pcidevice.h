// PCI devices: what they are, how fast their links are, and whether they sleep.
//
// Source: /sys/bus/pci/devices (Documentation/ABI/testing/sysfs-bus-pci): a link for each
//         device to its place in the tree, whose directory is the device above.
// Emits:  node_pcidevice_info{bus,class_id,device,device_id,function,parent_bus,parent_device,
//         parent_function,parent_segment,revision,segment,subsystem_device_id,
//         subsystem_vendor_id,vendor_id}  1; with collector.pcidevice.names also class_name,
//         device_name, subsystem_device_name, subsystem_vendor_name, vendor_name
//         node_pcidevice_{max,current}_link_{transfers_per_second,width},
//         node_pcidevice_{d3cold_allowed,numa_node,sriov_drivers_autoprobe,sriov_numvfs,
//         sriov_totalvfs,sriov_vf_total_msix}{bus,device,function,segment}  gauge
//         node_pcidevice_power_state{bus,device,function,segment,state}     0 or 1
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/device_collector.h"
#include "collectors/hardware/pci_names.h"

namespace joist::collectors {

struct PciLocation {
  std::uint32_t segment = 0;
  std::uint32_t bus = 0;
  std::uint32_t device = 0;
  std::uint32_t function = 0;
};

// "0000:3b:00.1".
std::optional<PciLocation> parse_pci_location(std::string_view text);

// Transfers per second of "8.0 GT/s PCIe", -1 of "Unknown".
std::optional<double> parse_pci_link_speed(std::string_view text);

// Lanes; -1 of "Unknown".
std::optional<double> parse_pci_link_width(std::string_view text);

class PcideviceCollector final : public DeviceCollector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  // `ids_path`: empty for the usual places.
  PcideviceCollector(const Roots& roots, bool with_names, std::string ids_path);
  std::string_view name() const override { return "pcidevice"; }

 private:
  Result<void> meet(DeviceSheet& sheet, const std::string& name, const std::string& path) override;
  void begin(const DeviceSheet& sheet, const std::vector<std::string>& paths) override;
  void add_names(AttributeLabels& info, const PciIds& ids) const;

  bool with_names_;
  std::string ids_path_;
  PciNames names_;  // of all devices met so far
};

}  // namespace joist::collectors
