#include "collectors/storage/btrfs_devices.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <string_view>

#include "base/unique_fd.h"

namespace joist::collectors {
namespace {

// Device numbers are given once and not again: a file system that lost many has gaps.
constexpr std::uint64_t kDeviceIdsMax = 4096;

BtrfsUuid uuid_of(const std::uint8_t (&bytes)[BTRFS_UUID_SIZE]) {
  BtrfsUuid uuid{};
  std::copy(std::begin(bytes), std::end(bytes), uuid.begin());
  return uuid;
}

std::string_view node_name(const std::uint8_t (&path)[BTRFS_DEVICE_PATH_NAME_MAX]) {
  const auto* const text = reinterpret_cast<const char*>(path);
  std::string_view name(text, ::strnlen(text, sizeof path));
  const auto slash = name.rfind('/');
  return slash == name.npos ? name : name.substr(slash + 1);
}

// 0, or errno: ENODEV where no device has this number.
int ask_device(int fd, std::uint64_t id, BtrfsDevice& device) {
  btrfs_ioctl_dev_info_args info{};
  info.devid = id;
  if (::ioctl(fd, BTRFS_IOC_DEV_INFO, &info) != 0) return errno;
  btrfs_ioctl_get_dev_stats statistics{};
  statistics.devid = id;
  statistics.nr_items = BTRFS_DEV_STAT_VALUES_MAX;
  if (::ioctl(fd, BTRFS_IOC_GET_DEV_STATS, &statistics) != 0) return errno;

  device.id = id;
  device.uuid = uuid_of(info.uuid);
  device.name = node_name(info.path);
  device.size_bytes = info.total_bytes;
  device.used_bytes = info.bytes_used;
  static_assert(BTRFS_DEV_STAT_VALUES_MAX == std::tuple_size_v<decltype(device.errors)>);
  std::copy_n(std::begin(statistics.values), device.errors.size(), device.errors.begin());
  return 0;
}

}  // namespace

Result<void> ask_btrfs_devices(const std::string& mount_point, BtrfsDevices& found) {
  const UniqueFd fd(::open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail_errno(errno, "open " + mount_point);
  btrfs_ioctl_fs_info_args info{};
  if (::ioctl(fd.get(), BTRFS_IOC_FS_INFO, &info) != 0) {
    return fail_errno(errno, "ask Btrfs at " + mount_point);
  }
  found.filesystem = uuid_of(info.fsid);

  std::size_t count = 0;
  const std::uint64_t last = std::min<std::uint64_t>(info.max_id, kDeviceIdsMax);
  for (std::uint64_t id = 0; id <= last && count < info.num_devices; ++id) {
    if (found.devices.size() == count) found.devices.emplace_back();
    const int error = ask_device(fd.get(), id, found.devices[count]);
    if (error == 0) {
      ++count;
    } else if (error != ENODEV) {
      return fail_errno(error, "ask Btrfs at " + mount_point + " for a device");
    }
  }
  found.devices.resize(count);
  return {};
}

std::string format_uuid(const BtrfsUuid& uuid) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t at = 0; at < uuid.size(); ++at) {
    if (at == 4 || at == 6 || at == 8 || at == 10) text += '-';
    text += kDigits[uuid[at] >> 4U];
    text += kDigits[uuid[at] & 15U];
  }
  return text;
}

}  // namespace joist::collectors
