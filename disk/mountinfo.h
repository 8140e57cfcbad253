// /proc/PID/mountinfo (Documentation/filesystems/proc.rst, 3.5).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace joist::disk {

struct DeviceNumber {
  std::uint32_t major = 0;  // 0: no block device stands behind it (btrfs, overlay, tmpfs)
  std::uint32_t minor = 0;
  auto operator<=>(const DeviceNumber&) const = default;
};

// "8:17" -> {8, 17}.
Result<DeviceNumber> parse_device_number(std::string_view text);

struct Mount {
  std::uint32_t id = 0;
  DeviceNumber device;
  std::string root;           // what of the file system is seen: "/", "/@home"
  std::string point;          // where: "/boot/efi"
  std::string type;           // "ext4"
  std::string source;         // "/dev/sda2", "rpool/ROOT"; escapes undone here and above
  std::string source_device;  // kernel name that `source` leads to; filled by observe()

  // From PID 1's view, or ours where PID 1's cannot be read: what the host
  // mounted, as opposed to what a container or a sandbox sees.
  bool of_host = true;
};

// Malformed names the line. A line that is not understood might be root's: it
// is an error, never left out.
Result<std::vector<Mount>> parse_mountinfo(std::string_view text);

}  // namespace joist::disk
