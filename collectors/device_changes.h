// Whether this host's devices came or went since last time, so that hardware
// that is absent, or stays as it is, costs a scrape nothing. For a tree of files
// nobody tells, and the minute decides.
//
// Source: the kernel's uevents (NETLINK_KOBJECT_UEVENT, group 1), which anybody may
//         hear. Because a network namespace other than the first hears few of
//         them, and a burst may be lost, devices count as changed every minute.
// Threads: none of its own; one poll() at a time, generation() from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"

namespace joist::collectors {

// Whether a uevent's first line ("add@/devices/…") tells of a device that came, went
// or was renamed. A "change" does not: some devices send one every few seconds.
bool tells_of_devices(std::string_view uevent);

class DeviceChanges {
 public:
  // Of the devices below `sysfs`, which the kernel tells of if it is a sysfs.
  explicit DeviceChanges(const std::string& sysfs = "/sys");

  // Reads what the kernel said meanwhile: once per scrape, one system call when nothing did.
  void poll();

  // Grows with every poll(): what a collector shares with others, it reads once for each.
  std::uint64_t page() const { return page_; }

  // Grows with every change; starts at 1.
  std::uint64_t generation() const { return generation_; }

 private:
  bool heard_change();

  UniqueFd socket_;  // none: a tree of files, or the kernel refused; only time counts
  std::atomic<std::uint64_t> page_ = 0;
  std::atomic<std::uint64_t> generation_ = 1;
  std::chrono::steady_clock::time_point recount_;
};

// When to look again at what changes seldom (a limit, a name): at first, whenever devices may have
// changed, and so each minute; always where nobody tells.
class SeldomLook {
 public:
  explicit SeldomLook(std::shared_ptr<const DeviceChanges> changes)
      : changes_(std::move(changes)) {}

  bool is_due() const { return !changes_ || generation_ != changes_->generation(); }

  // It was looked at, and nothing failed: else it is due again.
  void done() {
    if (changes_) generation_ = changes_->generation();
  }

 private:
  std::shared_ptr<const DeviceChanges> changes_;
  std::uint64_t generation_ = 0;
};

}  // namespace joist::collectors
