// The devices of one kind: the names in a directory of /sys ("class/hwmon",
// "bus/pci/devices"), listed again only when the host's devices changed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sys_root.h"
#include "collectors/device_changes.h"

namespace joist::collectors {

class DeviceClass {
 public:
  // `directory` is below `root`. Without `changes` it is listed every time.
  DeviceClass(SysRoot root, std::string_view directory,
              std::shared_ptr<const DeviceChanges> changes);

  // True if names() was read anew; the devices behind equal names may be others
  // then. NotFound, remembered until devices change, if there is no such directory.
  Result<bool> refresh();

  // Sorted.
  const std::vector<std::string>& names() const { return names_; }
  const std::string& directory() const { return directory_; }

 private:
  SysRoot root_;
  std::string directory_;
  std::shared_ptr<const DeviceChanges> changes_;
  std::uint64_t seen_ = 0;
  bool exists_ = false;
  std::vector<std::string> names_;
};

}  // namespace joist::collectors
