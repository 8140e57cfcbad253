// The kernel's block layer as it is written in /sys, /proc and udev's database:
// raw, one struct per source. Everything that is concluded from it is pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "disk/mountinfo.h"
#include "disk/resume.h"
#include "disk/swaps.h"
#include "disk/udev_record.h"

namespace joist::disk {

// One entry of /sys/class/block (Documentation/ABI/{stable,testing}/sysfs-block).
struct BlockDevice {
  std::string name;             // sysfs name, where '!' stands for '/': "sda1", "cciss!c0d0"
  DeviceNumber number;          // dev
  std::string path;             // real path below /sys: "/sys/devices/pci0000:00/…/block/sda"
  std::string parent;           // of a partition: its whole disk; else empty
  std::uint32_t partition = 0;  // number in the table; 0: a whole disk

  std::uint64_t start_bytes = 0;  // of a partition
  std::uint64_t size_bytes = 0;
  std::uint32_t logical_sector_bytes = 0;
  std::uint32_t physical_sector_bytes = 0;
  std::uint64_t diskseq = 0;  // 0 before Linux 5.15
  bool rotational = false;
  bool removable = false;
  bool read_only = false;
  bool hidden = false;  // a path of a multipath NVMe namespace: has no node
  std::string zoned;    // queue/zoned: "none", "host-managed"

  std::vector<std::string> slaves;   // what it stands on
  std::vector<std::string> holders;  // what stands on it

  std::string dm_name;       // dm/name: "vg-root"
  std::string dm_uuid;       // dm/uuid: "LVM-…", "CRYPT-…", "mpath-…"
  std::string backing_file;  // loop/backing_file

  std::string wwid;            // wwid or device/wwid
  std::string serial;          // serial, device/serial or device/vpd_pg80
  std::string vendor;          // device/vendor
  std::string model;           // device/model
  std::string nsid;            // NVMe namespace
  std::string nvme_transport;  // "pcie", "tcp", "fc", "rdma"
  std::string nvme_nqn;        // the subsystem's name

  UdevRecord udev;  // empty where no udevd runs
};

// A mounted btrfs and all of its devices (/sys/fs/btrfs/<uuid>/devices).
struct BtrfsFilesystem {
  std::string uuid;
  std::vector<std::string> devices;
};

// An NVMe controller that no driver of the kernel makes disks of (/sys/bus/pci/devices, class
// 0x0108xx): SPDK, as Longhorn's v2 engine uses it, and virtual machines take the whole function.
struct NvmeFunction {
  std::string address;  // "0000:3b:00.0"
  std::string driver;   // "vfio-pci", "uio_pci_generic"; empty: none
  std::string ids;      // vendor and device as lspci -n has them: "144d:a808"
};

struct BlockLayer {
  std::vector<BlockDevice> devices;  // by name
  std::vector<Mount> mounts;         // in the order of the kernel: later covers earlier
  std::vector<Swap> swaps;
  std::vector<BtrfsFilesystem> btrfs;
  std::vector<NvmeFunction> nvme_functions;  // by address
  std::vector<ResumeDevice> resume;          // none: the kernel resumes from nothing

  // What could not be read, so that what rests on it is unknown: "open
  // /proc/swaps: Permission denied". A device that went away meanwhile is none.
  std::vector<std::string> unread;
};

}  // namespace joist::disk
