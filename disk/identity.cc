#include "disk/identity.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "base/trimmed.h"

namespace joist::disk {
namespace {

struct NamedKind {
  std::string_view prefix;
  v1::DiskKind kind;
};

// Documentation/admin-guide/devices.txt, and the drivers' own names.
constexpr std::array kKindsByName{
    NamedKind{"loop", v1::DISK_KIND_LOOP},      NamedKind{"zram", v1::DISK_KIND_ZRAM},
    NamedKind{"ram", v1::DISK_KIND_RAM},        NamedKind{"rbd", v1::DISK_KIND_NETWORK},
    NamedKind{"nbd", v1::DISK_KIND_NETWORK},    NamedKind{"drbd", v1::DISK_KIND_NETWORK},
    NamedKind{"ublkb", v1::DISK_KIND_NETWORK},  NamedKind{"sr", v1::DISK_KIND_OPTICAL},
    NamedKind{"dm-", v1::DISK_KIND_VIRTUAL},    NamedKind{"md", v1::DISK_KIND_VIRTUAL},
    NamedKind{"bcache", v1::DISK_KIND_VIRTUAL}, NamedKind{"zd", v1::DISK_KIND_VIRTUAL},
};

// Also what SCSI and ATA pad their texts with.
std::string without_padding(std::string_view text) {
  constexpr std::string_view padding(" \t\r\n\v\f\0", 7);
  return std::string(trimmed(text, padding));
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return lower;
}

bool one_letter_only(std::string_view text) {
  return text.find_first_not_of(text.front()) == std::string_view::npos;
}

// Longhorn's volumes look like disks of this host: v1 as iSCSI, v2 as NVMe/TCP.
bool is_longhorn_volume(const BlockDevice& device) {
  const bool iscsi =
      without_padding(device.vendor) == "IET" && without_padding(device.model) == "VIRTUAL-DISK";
  return iscsi || (device.nvme_transport == "tcp" &&
                   lower_case(device.nvme_nqn).find("longhorn") != std::string::npos);
}

std::string serial_id(const Disk& disk, const BlockDevice& device) {
  const std::string transport = disk.transport.empty() ? "disk" : disk.transport;
  std::string id = "serial:" + transport + ":" + disk.serial;
  // The serial is the controller's; its namespaces share it.
  if (!device.nsid.empty() && device.nsid != "1") id += ":" + device.nsid;
  return id;
}

// What a disk may be called, best first.
std::vector<std::string> claims_of(const Disk& disk, const BlockDevice& device) {
  std::vector<std::string> claims;
  if (!disk.wwn.empty()) claims.push_back("wwn:" + disk.wwn);
  if (!disk.serial.empty()) claims.push_back(serial_id(disk, device));
  constexpr std::string_view deleted = " (deleted)";
  if (!disk.backing_file.empty() && !disk.backing_file.ends_with(deleted)) {
    claims.push_back("file:" + disk.backing_file);
  }
  return claims;
}

}  // namespace

v1::DiskKind kind_of(const BlockDevice& device) {
  for (const NamedKind& named : kKindsByName) {
    const std::string_view name = device.name;
    if (!name.starts_with(named.prefix)) continue;
    const std::string_view rest = name.substr(named.prefix.size());
    const bool own = named.prefix == "md" || named.prefix == "dm-";  // md_d0, md_home
    if (own || (!rest.empty() && std::isdigit(static_cast<unsigned char>(rest.front())) != 0)) {
      return named.kind;
    }
  }
  if (is_longhorn_volume(device)) return v1::DISK_KIND_NETWORK;
  // Drivers without hardware register here: null_blk, scsi_debug's like, what comes next.
  if (device.path.starts_with("/sys/devices/virtual/block/")) return v1::DISK_KIND_VIRTUAL;
  return v1::DISK_KIND_PHYSICAL;
}

bool stands_on_others(const BlockDevice& device) {
  const v1::DiskKind kind = kind_of(device);
  return kind == v1::DISK_KIND_VIRTUAL || kind == v1::DISK_KIND_LOOP ||
         device.name.starts_with("drbd");
}

std::string transport_of(const BlockDevice& device) {
  const v1::DiskKind kind = kind_of(device);
  if (kind == v1::DISK_KIND_LOOP) return "loop";
  if (!device.nvme_transport.empty() && device.nvme_transport != "pcie") {
    return "nvme-" + device.nvme_transport;
  }
  if (device.name.starts_with("nvme")) return "nvme";
  if (device.name.starts_with("pmem")) return "pmem";

  // Most telling first: a SATA disk behind a USB bridge is a USB disk.
  struct Step {
    std::string_view part;
    std::string_view transport;
  };
  constexpr std::array steps{
      Step{"/usb", "usb"},         Step{"/session", "iscsi"}, Step{"/rport-", "fc"},
      Step{"/end_device-", "sas"}, Step{"/ata", "sata"},      Step{"/mmc_host/", "mmc"},
      Step{"/virtio", "virtio"},   Step{"/target", "scsi"},
  };
  for (const Step& step : steps) {
    if (device.path.find(step.part) != std::string::npos) return std::string(step.transport);
  }
  return {};
}

std::string normalised_wwn(std::string_view text) {
  std::string wwn = lower_case(without_padding(text));
  if (wwn.starts_with("0x")) wwn.replace(0, 2, "naa.");
  const auto dot = wwn.find('.');
  const std::string_view scheme = std::string_view(wwn).substr(0, dot);
  if (dot == std::string::npos || (scheme != "naa" && scheme != "eui" && scheme != "uuid")) {
    return {};
  }
  std::string digits = wwn.substr(dot + 1);
  std::erase(digits, '-');
  const bool hexadecimal = digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (digits.size() < 16 || digits.size() > 32 || !hexadecimal) return {};
  if (one_letter_only(digits)) return {};  // all 0, all f
  return wwn;
}

std::string normalised_serial(std::string_view text) {
  constexpr std::array<std::string_view, 8> fillers{
      "0123456789abcdef", "0123456789", "1234567890",     "none",
      "unknown",          "n/a",        "default string", "to be filled by o.e.m."};
  std::string serial = without_padding(text);
  if (serial.empty() || serial.size() > 128) return {};
  if (serial.find_first_not_of("0 -_.") == std::string::npos) return {};
  if (serial.size() >= 8 && one_letter_only(serial)) return {};
  if (std::ranges::find(fillers, lower_case(serial)) != fillers.end()) return {};
  for (char& letter : serial) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20 || byte > 0x7e) return {};  // a bus error, not a name
    if (letter == ' ') letter = '_';
  }
  return serial;
}

std::string wwn_of(const BlockDevice& device) {
  for (const std::string& text : {device.wwid, device.udev.property("ID_WWN_WITH_EXTENSION"),
                                  device.udev.property("ID_WWN")}) {
    if (std::string wwn = normalised_wwn(text); !wwn.empty()) return wwn;
  }
  return {};
}

std::string serial_of(const BlockDevice& device) {
  for (const std::string& text : {device.serial, device.udev.property("ID_SCSI_SERIAL"),
                                  device.udev.property("ID_SERIAL_SHORT")}) {
    if (std::string serial = normalised_serial(text); !serial.empty()) return serial;
  }
  return {};
}

std::string model_of(const BlockDevice& device) {
  std::string model = without_padding(device.model);
  return model.empty() ? without_padding(device.udev.property("ID_MODEL")) : model;
}

void assign_identities(std::vector<Disk>& disks, const std::vector<const BlockDevice*>& devices) {
  std::map<std::string, int> claimants;
  for (std::size_t index = 0; index < disks.size(); ++index) {
    for (const std::string& claim : claims_of(disks[index], *devices[index])) ++claimants[claim];
  }
  for (std::size_t index = 0; index < disks.size(); ++index) {
    Disk& disk = disks[index];
    const auto claims = claims_of(disk, *devices[index]);
    const auto mine = std::ranges::find_if(
        claims, [&claimants](const std::string& claim) { return claimants.at(claim) == 1; });
    if (mine != claims.end()) {
      disk.id = *mine;
      disk.identity_fault = IdentityFault::None;
    } else {
      disk.identity_fault = claims.empty() ? IdentityFault::Missing : IdentityFault::Duplicate;
    }
  }
}

}  // namespace joist::disk
