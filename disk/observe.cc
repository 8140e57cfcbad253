#include "disk/observe.h"

#include <algorithm>
#include <charconv>

namespace joist::disk {
namespace {

// Attributes that not every device has are empty or 0 where they are missing.
class Attributes {
 public:
  Attributes(const SysRoot& root, std::string directory)
      : root_(root), directory_(std::move(directory) + "/") {}

  std::string text(std::string_view name) const {
    return root_.read_line(directory_ + std::string(name)).value_or("");
  }

  std::uint64_t number(std::string_view name) const {
    const std::string line = text(name);
    std::uint64_t number = 0;
    std::from_chars(line.data(), line.data() + line.size(), number);
    return number;
  }

  bool flag(std::string_view name) const { return number(name) != 0; }
  bool exists(std::string_view name) const { return root_.exists(directory_ + std::string(name)); }

  Result<std::vector<std::string>> names(std::string_view name) const {
    return root_.list_any(directory_ + std::string(name));
  }

  // The first of `names` that is there and not empty.
  std::string first_of(std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names) {
      if (std::string found = text(name); !found.empty()) return found;
    }
    return {};
  }

 private:
  const SysRoot& root_;
  std::string directory_;
};

std::string directory_name(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// SCSI's unit serial number page: 4 bytes of header, then the serial (SPC-4, 7.8.19).
std::string unit_serial(const Attributes& disk) {
  const std::string page = disk.text("device/vpd_pg80");
  return page.size() > 4 ? page.substr(4) : std::string();
}

void read_nvme(const Attributes& disk, BlockDevice& device) {
  device.nsid = disk.text("nsid");
  device.nvme_nqn = disk.text("device/subsysnqn");
  device.nvme_transport = disk.text("device/transport");
  if (!device.nvme_transport.empty()) return;
  // With native multipath the namespace hangs on the subsystem; its controllers know the way.
  const auto controllers = disk.names("device").value_or(std::vector<std::string>{});
  for (const std::string& name : controllers) {
    if (!name.starts_with("nvme")) continue;
    device.nvme_transport = disk.text("device/" + name + "/transport");
    if (!device.nvme_transport.empty()) return;
  }
}

void read_whole_disk(const Attributes& disk, BlockDevice& device) {
  device.logical_sector_bytes = static_cast<std::uint32_t>(disk.number("queue/logical_block_size"));
  device.physical_sector_bytes =
      static_cast<std::uint32_t>(disk.number("queue/physical_block_size"));
  device.rotational = disk.flag("queue/rotational");
  device.zoned = disk.text("queue/zoned");
  device.removable = disk.flag("removable");
  device.hidden = disk.flag("hidden");
  device.diskseq = disk.number("diskseq");
  device.dm_name = disk.text("dm/name");
  device.dm_uuid = disk.text("dm/uuid");
  device.backing_file = disk.text("loop/backing_file");
  device.wwid = disk.first_of({"wwid", "device/wwid"});
  device.serial = disk.first_of({"serial", "device/serial"});
  if (device.serial.empty()) device.serial = unit_serial(disk);
  device.vendor = disk.text("device/vendor");
  device.model = disk.first_of({"device/model", "device/name"});
  if (device.name.starts_with("nvme")) read_nvme(disk, device);
}

// NotFound: it went away while we looked. Who uses it has to be known: else it is unread.
Result<BlockDevice> read_device(const SysRoot& root, const std::string& name) {
  const auto path = root.real_path("/sys/class/block/" + name);
  if (!path) return fail(path.error(), name);
  const Attributes attributes(root, *path);
  const auto number_text = root.read_line(*path + "/dev");
  if (!number_text) return fail(number_text.error(), name);
  const auto number = parse_device_number(*number_text);
  if (!number) return fail(number.error(), *path + "/dev");

  auto holders = attributes.names("holders");
  if (!holders) return fail(holders.error(), "find what stands on " + name);
  auto slaves = attributes.names("slaves");
  if (!slaves) return fail(slaves.error(), "find what " + name + " stands on");

  BlockDevice device;
  device.name = name;
  device.number = *number;
  device.path = *path;
  device.size_bytes = attributes.number("size") * 512;  // in 512-byte units, whatever the disk
  device.read_only = attributes.flag("ro");
  device.holders = std::move(*holders);
  device.slaves = std::move(*slaves);
  if (attributes.exists("partition")) {
    device.parent = base_name(directory_name(*path));
    device.partition = static_cast<std::uint32_t>(attributes.number("partition"));
    device.start_bytes = attributes.number("start") * 512;
  } else {
    read_whole_disk(attributes, device);
  }
  device.udev = read_udev_record(root, *number);
  return device;
}

// Kernel name behind a /dev path; empty if it is none, or the link is not ours to follow.
std::string device_of_path(const SysRoot& root, const std::string& path) {
  if (!path.starts_with("/dev/")) return {};
  std::string name = root.real_path(path).value_or(path).substr(5);
  std::ranges::replace(name, '/', '!');
  return root.exists("/sys/class/block/" + name) ? name : std::string();
}

// What one process sees. An error where it cannot be read or understood.
Result<std::vector<Mount>> mounts_of(const SysRoot& root, const std::string& path) {
  const auto text = root.read(path);
  if (!text) return fail(text.error(), "find what is mounted");
  auto mounts = parse_mountinfo(*text);
  if (!mounts) return fail(mounts.error(), path);
  for (Mount& mount : *mounts) mount.source_device = device_of_path(root, mount.source);
  return mounts;
}

void read_mounts(const SysRoot& root, BlockLayer& layer) {
  auto host = mounts_of(root, "/proc/1/mountinfo");
  auto own = mounts_of(root, "/proc/self/mountinfo");
  if (host) layer.mounts = std::move(*host);
  const bool hidden = !host && host.error().code != ErrorCode::Malformed;  // hidepid=, a sandbox
  if (!host && !hidden) layer.unread.push_back(host.error().message);
  if (!own) {
    // What a sandbox sees beyond PID 1 adds users, and is missed only where nothing else is known.
    if (hidden || own.error().code == ErrorCode::Malformed) {
      layer.unread.push_back(own.error().message);
    }
    return;
  }
  for (Mount& mount : *own) {
    mount.of_host = hidden;
    layer.mounts.push_back(std::move(mount));
  }
}

void read_swaps(const SysRoot& root, BlockLayer& layer) {
  const auto text = root.read("/proc/swaps");
  if (!text) {
    // Absent: a kernel without swap. Anything else: there may be some.
    if (text.error().code != ErrorCode::NotFound) layer.unread.push_back(text.error().message);
    return;
  }
  auto swaps = parse_swaps(*text);
  if (!swaps) {
    layer.unread.push_back("/proc/swaps: " + swaps.error().message);
    return;
  }
  for (Swap& swap : *swaps) {
    if (!swap.file) swap.device = device_of_path(root, swap.path);
  }
  layer.swaps = std::move(*swaps);
}

void read_btrfs(const SysRoot& root, BlockLayer& layer) {
  const auto names = root.list_any("/sys/fs/btrfs");  // absent: not loaded
  if (!names) {
    layer.unread.push_back(names.error().message);
    return;
  }
  for (const std::string& name : *names) {
    auto devices = root.list("/sys/fs/btrfs/" + name + "/devices");
    if (devices) {
      layer.btrfs.push_back({name, std::move(*devices)});
    } else if (devices.error().code != ErrorCode::NotFound) {  // of "features", or unmounted now
      layer.unread.push_back(devices.error().message);
    }
  }
}

// "0x144d" -> "144d".
std::string without_prefix(const std::string& number) {
  return number.starts_with("0x") ? number.substr(2) : number;
}

// Every driver but the kernel's own keeps the disks to itself.
void read_nvme_functions(const SysRoot& root, BlockLayer& layer) {
  constexpr std::string_view kNvmeClass = "0x0108";
  const std::string all = "/sys/bus/pci/devices";
  const auto addresses = root.list_any(all);  // absent: no PCI
  if (!addresses) {
    layer.unread.push_back(addresses.error().message);
    return;
  }
  for (const std::string& address : *addresses) {
    const std::string directory = all + "/" + address;
    const auto type = root.read_line(directory + "/class");
    if (!type && type.error().code != ErrorCode::NotFound) {
      layer.unread.push_back(type.error().message);
    }
    if (!type || !type->starts_with(kNvmeClass)) continue;
    const auto driver = root.read_link(directory + "/driver");
    NvmeFunction function{address, driver ? base_name(*driver) : std::string(), {}};
    if (function.driver == "nvme") continue;
    const Attributes attributes(root, directory);
    function.ids =
        without_prefix(attributes.text("vendor")) + ":" + without_prefix(attributes.text("device"));
    layer.nvme_functions.push_back(std::move(function));
  }
}

void read_resume(const SysRoot& root, BlockLayer& layer) {
  const auto command_line = root.read("/proc/cmdline");
  if (command_line) {
    layer.resume = parse_resume(*command_line);
  } else if (command_line.error().code != ErrorCode::NotFound) {
    layer.unread.push_back(command_line.error().message);
  }
  for (ResumeDevice& device : layer.resume) device.device = device_of_path(root, device.spec);
  const auto number = root.read_line("/sys/power/resume");
  if (number) {
    if (*number != "0:0") layer.resume.push_back({*number, {}});
  } else if (number.error().code != ErrorCode::NotFound) {  // absent: it cannot hibernate
    layer.unread.push_back(number.error().message);
  }
}

}  // namespace

Result<BlockLayer> read_block_layer(const SysRoot& root) {
  const auto names = root.list("/sys/class/block");
  if (!names) return fail(names.error(), "find the host's disks");

  BlockLayer layer;
  for (const std::string& name : *names) {
    auto device = read_device(root, name);
    if (device) {
      layer.devices.push_back(std::move(*device));
    } else if (device.error().code != ErrorCode::NotFound) {
      layer.unread.push_back(device.error().message);
    }
  }
  read_mounts(root, layer);
  read_swaps(root, layer);
  read_btrfs(root, layer);
  read_nvme_functions(root, layer);
  read_resume(root, layer);
  return layer;
}

Result<Inventory> observe(const SysRoot& root, Moment now) {
  const auto layer = read_block_layer(root);
  if (!layer) return fail(layer.error(), "observe disks");
  return take_inventory(*layer, now);
}

}  // namespace joist::disk
