// What was found of a host's disks: facts, without judgement. classify.h says
// what they mean, agent/show_disk.h turns them into joist.v1.Disk.
//
//   /sys /proc /run --observe()--> BlockLayer --take_inventory()--> Inventory
//
// Every string may hold any byte: names, labels and paths come from outside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "disk/block_layer.h"
#include "joist/v1/disk.pb.h"

namespace joist::disk {

// Somebody who uses the disk, directly or through what stands on it.
struct Use {
  std::string kind;     // "mount", "swap", "resume", "holder", "driver"
  std::string target;   // the mount point; "swap"; what resume= says; the holder's name: "dm-0";
                        // the driver that has it for user space: "vfio-pci"
  std::string via;      // the device that is used: "sda2", "dm-0"
  bool system = false;  // /, /boot, /usr, /var, EFI, swap or resume
  bool operator==(const Use&) const = default;
};

struct Partition {
  std::string name;  // "sda1"; of a partition the kernel does not know: what it would be called
  std::uint64_t start_bytes = 0;
  std::uint64_t size_bytes = 0;
  std::string type;  // GPT type GUID in lower case, or MBR type: "0x83"; empty: not known
  bool operator==(const Partition&) const = default;
};

// Whether two disks claim the same name, or one claims a name that is no name.
enum class IdentityFault { None, Missing, Duplicate };

struct Disk {
  std::string id;  // disk/identity.h; empty unless identity_fault is None
  IdentityFault identity_fault = IdentityFault::Missing;

  std::string name;                  // "nvme0n1"
  std::string wwn;                   // normalised: "naa.5000c50015ea71ac"
  std::string serial;                // trimmed
  std::string model;                 // trimmed
  std::vector<std::string> by_id;    // "/dev/disk/by-id/…", sorted
  std::vector<std::string> by_path;  // "/dev/disk/by-path/…", sorted

  std::uint64_t size_bytes = 0;
  std::uint32_t logical_sector_bytes = 0;
  std::uint32_t physical_sector_bytes = 0;
  bool rotational = false;
  bool removable = false;
  bool read_only = false;
  bool zoned = false;     // host-managed or host-aware
  std::string transport;  // "nvme", "sata"; empty: not known
  v1::DiskKind kind = v1::DISK_KIND_UNSPECIFIED;
  std::uint64_t diskseq = 0;
  std::string backing_file;  // of a loop device

  std::vector<Use> uses;                // system first, then by target; at most kUsesMax
  std::vector<Partition> partitions;    // by start
  std::vector<std::string> udev_types;  // what udev's own probe named: "ext4", "gpt"
};

inline constexpr std::size_t kUsesMax = 32;

struct Inventory {
  // By name; zram, dm and md among them, unconfigured loops not; and NVMe functions that the kernel
  // has no disk of (DISK_KIND_USER_SPACE), by their address.
  std::vector<Disk> disks;
  Moment observed{};

  // Why it is not known which disks the system stands on. Empty: it is known.
  // Until then every disk counts as the system's.
  std::string system_unresolved;

  // What resume= names and no device is called, as far as udev knows: "UUID=…". Each that a disk's
  // own bytes do not show either is left over from a swap area that is gone.
  std::vector<std::string> resume_unresolved;
};

// Pure. Traces every mount and swap down to whole disks, and names each disk.
Inventory take_inventory(const BlockLayer& layer, Moment observed);

}  // namespace joist::disk
