// The devices of a mounted Btrfs, as the file system itself tells of them. Needs no
// root, only that the mount point can be opened.
//
// Source: ioctl(2) BTRFS_IOC_FS_INFO, BTRFS_IOC_DEV_INFO, BTRFS_IOC_GET_DEV_STATS
//         (linux/btrfs.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace joist::collectors {

using BtrfsUuid = std::array<std::uint8_t, 16>;

struct BtrfsDevice {
  std::uint64_t id = 0;
  BtrfsUuid uuid{};
  std::string name;  // of its node, without the directory
  std::uint64_t size_bytes = 0;
  std::uint64_t used_bytes = 0;
  std::array<std::uint64_t, 5> errors{};  // write, read, flush, corruption, generation
};

struct BtrfsDevices {
  BtrfsUuid filesystem{};
  std::vector<BtrfsDevice> devices;
};

// Into `found`, whose memory is used again. The mount point is not held open: it could
// not be unmounted.
Result<void> ask_btrfs_devices(const std::string& mount_point, BtrfsDevices& found);

// As sysfs names file systems: 8-4-4-4-12 hexadecimal digits.
std::string format_uuid(const BtrfsUuid& uuid);

}  // namespace joist::collectors
