// What udev found out about a block device.
//
// Source: /run/udev/data/b<major>:<minor> (base/udev_data.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/roots.h"

namespace joist::collectors {

using UdevProperties = std::vector<std::pair<std::string, std::string>>;

// The value of `key`, or empty.
std::string_view find_property(const UdevProperties& properties, std::string_view key);

// Whether udev wrote anything of late: a look at one directory instead of one at each record.
class UdevDirectory {
 public:
  explicit UdevDirectory(const SysRoot& udev_data);

  // False if no record can have changed since the last call.
  bool may_have_changed();

 private:
  std::string path_;
  std::optional<std::int64_t> modified_ns_;  // nothing: not there, or not looked at yet
};

// One device's record, read again only when udev wrote a new one: it replaces
// the file by rename, so its inode and time tell.
class UdevRecord {
 public:
  UdevRecord(const SysRoot& udev_data, unsigned major, unsigned minor);

  bool was_read() const { return read_once_; }

  // True if the properties changed since the last call, and at the first. A missing
  // record (no udevd here, or not yet) has no properties.
  bool refresh();

  const UdevProperties& properties() const { return properties_; }

 private:
  struct Version {
    std::uint64_t inode = 0;
    std::int64_t modified_ns = 0;
    bool operator==(const Version&) const = default;
  };

  SysRoot root_;
  std::string name_;
  std::string path_;
  Version version_;
  bool read_once_ = false;
  UdevProperties properties_;
};

}  // namespace joist::collectors
