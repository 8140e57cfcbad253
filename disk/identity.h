// What a disk is called for good. Kernel names move at every boot, WWNs come
// zeroed or doubled from some makers, and USB bridges invent serials: a name
// that could mean two disks is no name.
//
// sysfs goes before udev, so that a disk is called the same where no udevd runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "disk/block_layer.h"
#include "disk/inventory.h"
#include "joist/v1/disk.pb.h"

namespace joist::disk {

v1::DiskKind kind_of(const BlockDevice& device);

// Whether its bytes lie on other devices of this host: dm, md, loop, drbd.
bool stands_on_others(const BlockDevice& device);

// "nvme", "nvme-tcp", "sata", "sas", "fc", "iscsi", "usb", "virtio", "mmc",
// "scsi", "pmem", "loop"; empty where neither path nor name tells.
std::string transport_of(const BlockDevice& device);

// "0x5000C50015EA71AC" -> "naa.5000c50015ea71ac". Empty for what names no one
// disk: zeros, the kernel's "t10." and "nvme." names (made of model and serial).
std::string normalised_wwn(std::string_view text);

// Trimmed. Empty for zeros and for what bridges and firmware put in for want of
// a serial: "0123456789ABCDEF", "None".
std::string normalised_serial(std::string_view text);

std::string wwn_of(const BlockDevice& device);
std::string serial_of(const BlockDevice& device);
std::string model_of(const BlockDevice& device);

// Gives every disk its id: the first of "wwn:<wwn>",
// "serial:<transport>:<serial>[:<namespace>]" and, for a loop device,
// "file:<backing file>" that no other disk claims. `devices` belong to `disks`,
// in the same order.
void assign_identities(std::vector<Disk>& disks, const std::vector<const BlockDevice*>& devices);

}  // namespace joist::disk
