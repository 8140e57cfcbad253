// Where a host's files are. Containers and tests look at another tree; the
// names are node_exporter's flags: --path.procfs, .sysfs, .rootfs, .udev.data.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/sys_root.h"
#include "collectors/device_changes.h"

namespace joist::collectors {

class LinkTable;
class SharedFile;
class SharedFiles;

struct Roots {
  std::string procfs = "/proc";
  std::string sysfs = "/sys";
  std::string rootfs = "/";
  std::string udev_data = "/run/udev/data";

  // Tells of the devices below `sysfs`. Scrape gives one to all its collectors; without
  // one they look every time.
  std::shared_ptr<DeviceChanges> devices = nullptr;

  // The host's network interfaces, for all collectors that show something of them. Scrape
  // gives one; without it each asks for itself.
  std::shared_ptr<LinkTable> links = nullptr;

  // Files that several collectors show something of. Scrape gives one list of them; without it
  // each reads for itself.
  std::shared_ptr<SharedFiles> files = nullptr;

  std::shared_ptr<SharedFile> shared_proc_file(std::string_view path) const;
  SysRoot proc() const { return SysRoot(procfs); }
  SysRoot sys() const { return SysRoot(sysfs); }
  SysRoot udev() const { return SysRoot(udev_data); }

  // Whether the files are a kernel's, wherever they are mounted, and not a recorded tree: so that
  // asking the kernel directly (netlink) answers for the same host as the files.
  bool live() const;
};

}  // namespace joist::collectors
