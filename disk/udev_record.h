// What udevd knows of a device: its properties and its links.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sys_root.h"
#include "base/udev_data.h"
#include "disk/mountinfo.h"

namespace joist::disk {

struct UdevRecord {
  std::map<std::string, std::string> properties;  // "ID_WWN" -> "0x5000c50015ea71ac"
  std::vector<std::string> links;                 // "/dev/disk/by-id/…"

  // Empty if udev does not state it.
  const std::string& property(const std::string& name) const;
};

// Through libudev where `root` is the running host. On any other root the
// database file run/udev/data/b<major>:<minor> is read, as `lsblk --sysroot`
// does. Empty where udevd has not seen the device.
UdevRecord read_udev_record(const SysRoot& root, DeviceNumber device);

// What a file of udev's database says. Pure.
UdevRecord to_record(const UdevData& data);

}  // namespace joist::disk
