// Names of PCI vendors, devices and classes.
//
// Source: pci.ids (pci-ids.ucw.cz): "8086  Intel", below it "\t1234  Device" and
//         "\t\t8086 0001  Subsystem"; classes as "C 01  Storage", "\t08  NVM", "\t\t02  NVMe".
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace joist::collectors {

// Digits without "0x".
struct PciIds {
  std::string device_class;  // six
  std::string vendor;        // four
  std::string device;
  std::string subsystem_vendor;
  std::string subsystem_device;
};

// By key: "8086", "8086:1234", "8086:1234:8086:0001" and, of classes, "C01", "C0108", "C010802".
using PciNames = std::map<std::string, std::string, std::less<>>;

// Fills in the names of those keys that are there; lines of another form are left out.
void fill_pci_names(std::string_view ids, PciNames& names);

// A name of each key that could name a part of `ids`, if it has none yet, for fill_pci_names().
// Whether any was new.
bool want_pci_names(const PciIds& ids, PciNames& names);

// The names of a device; the digits where there is none.
struct PciDeviceNames {
  std::string device_class, vendor, device, subsystem_vendor, subsystem_device;
};
PciDeviceNames name_pci_device(const PciIds& ids, const PciNames& names);

}  // namespace joist::collectors
