// "Something about the disks changed: look again." Three descriptors for the
// caller to wait on. What they say is a reason to look and no knowledge of its
// own, so a missed or doubled event costs nothing.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/sys_root.h"
#include "base/unique_fd.h"

struct udev_monitor;

namespace joist::disk {

// What the block layer told since it was last asked.
struct BlockChanges {
  std::set<std::string>
      disks;          // whole ones, as in /sys/block; an event of a partition is its disk's
  bool lost = false;  // there were more, of any disk: the buffer was full
  bool empty() const { return disks.empty() && !lost; }
};

// The whole disk that an event is of, by what it says of itself; empty where it says nothing.
// Pure: what is gone has no place in sysfs any more.
//   devpath  "/devices/…/sda/sda1"
//   devtype  "disk" or "partition"
std::string disk_of_event(std::string_view devpath, std::string_view devtype);

// Block devices that came, went or changed. From udevd, after its rules ran,
// where it runs; from the kernel's own uevents (kobject_uevent(7)) elsewhere.
class UdevMonitor {
 public:
  // Refused where the sandbox has no AF_NETLINK.
  static Result<UdevMonitor> open();

  UdevMonitor(UdevMonitor&& other) noexcept;
  UdevMonitor& operator=(UdevMonitor&& other) noexcept;
  UdevMonitor(const UdevMonitor&) = delete;
  UdevMonitor& operator=(const UdevMonitor&) = delete;
  ~UdevMonitor();

  // Wait until readable (POLLIN), then drain(). Closed by this object: hand
  // Asio a dup.
  int fd() const;

  // Takes all that waits. An error if nothing will be heard any more: open
  // another. Never blocks.
  Result<BlockChanges> drain();

  bool from_udevd() const { return from_udevd_; }

 private:
  UdevMonitor(udev_monitor* monitor, bool from_udevd);

  udev_monitor* monitor_;
  bool from_udevd_;
};

// /proc/self/mountinfo or /proc/swaps: the kernel signals a change of the
// mounts or of the swaps as POLLPRI|POLLERR (proc(5)). Wait for POLLPRI on
// fd(), then acknowledge().
class ProcChange {
 public:
  static Result<ProcChange> open(const SysRoot& root, std::string_view path);

  int fd() const { return fd_.get(); }

  // Reads the file to its end: the kernel counts changes from there.
  Result<void> acknowledge();

 private:
  explicit ProcChange(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace joist::disk
