#include "disk/inventory.h"

#include <algorithm>
#include <cctype>

#include "disk/identity.h"
#include "disk/stack.h"

namespace joist::disk {
namespace {

// A driver's empty seat: there is no disk in it.
bool is_unconfigured(const BlockDevice& device) {
  if (device.name.starts_with("loop")) return device.backing_file.empty();
  return device.name.starts_with("nbd") && device.size_bytes == 0;
}

std::vector<std::string> links_below(const UdevRecord& udev, std::string_view directory) {
  std::vector<std::string> links;
  for (const std::string& link : udev.links) {
    if (link.starts_with(directory)) links.push_back(link);
  }
  return links;
}

Partition partition_of(const BlockDevice& device) {
  std::string type = device.udev.property("ID_PART_ENTRY_TYPE");
  for (char& letter : type) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return {device.name, device.start_bytes, device.size_bytes, std::move(type)};
}

// What udev's run of libblkid named on the disk and its partitions.
void add_udev_types(const UdevRecord& udev, std::vector<std::string>& types) {
  for (const char* name : {"ID_FS_TYPE", "ID_PART_TABLE_TYPE"}) {
    const std::string& type = udev.property(name);
    if (!type.empty() && std::ranges::find(types, type) == types.end()) types.push_back(type);
  }
}

Disk disk_of(const BlockDevice& device) {
  Disk disk;
  disk.name = device.name;
  disk.wwn = wwn_of(device);
  disk.serial = serial_of(device);
  disk.model = model_of(device);
  disk.by_id = links_below(device.udev, "/dev/disk/by-id/");
  disk.by_path = links_below(device.udev, "/dev/disk/by-path/");
  disk.size_bytes = device.size_bytes;
  disk.logical_sector_bytes = device.logical_sector_bytes;
  disk.physical_sector_bytes = device.physical_sector_bytes;
  disk.rotational = device.rotational;
  disk.removable = device.removable;
  disk.read_only = device.read_only;
  disk.zoned = !device.zoned.empty() && device.zoned != "none";
  disk.transport = transport_of(device);
  disk.kind = kind_of(device);
  disk.diskseq = device.diskseq;
  disk.backing_file = device.backing_file;
  add_udev_types(device.udev, disk.udev_types);
  return disk;
}

// How much it holds and what it is called is known to its driver alone.
Disk disk_of(const NvmeFunction& function) {
  Disk disk;
  disk.name = function.address;
  disk.model = "PCI " + function.ids;
  disk.transport = "nvme";
  disk.kind = v1::DISK_KIND_USER_SPACE;
  if (!function.driver.empty()) {
    disk.uses.push_back({.kind = "driver", .target = function.driver, .via = function.address});
  }
  return disk;
}

}  // namespace

Inventory take_inventory(const BlockLayer& layer, Moment observed) {
  Inventory inventory;
  inventory.observed = observed;
  std::vector<const BlockDevice*> sources;
  for (const BlockDevice& device : layer.devices) {
    if (!device.parent.empty() || device.hidden || is_unconfigured(device)) continue;
    inventory.disks.push_back(disk_of(device));
    sources.push_back(&device);
  }
  assign_identities(inventory.disks, sources);

  DiskUsers users = trace_users(layer);
  inventory.system_unresolved = std::move(users.system_unresolved);
  inventory.resume_unresolved = std::move(users.resume_unresolved);
  for (Disk& disk : inventory.disks) {
    disk.uses = std::move(users.by_disk[disk.name]);
    for (const BlockDevice& device : layer.devices) {
      if (device.parent != disk.name) continue;
      disk.partitions.push_back(partition_of(device));
      add_udev_types(device.udev, disk.udev_types);
    }
    std::ranges::sort(disk.partitions, {}, &Partition::start_bytes);
  }
  for (const NvmeFunction& function : layer.nvme_functions) {
    inventory.disks.push_back(disk_of(function));
  }
  std::ranges::stable_sort(inventory.disks, {}, &Disk::name);
  return inventory;
}

}  // namespace joist::disk
