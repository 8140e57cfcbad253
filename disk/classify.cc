#include "disk/classify.h"

#include <algorithm>
#include <array>
#include <utility>

#include "disk/found_text.h"

namespace joist::disk {
namespace {

constexpr std::uint64_t kSizeMinBytes = std::uint64_t{5} << 30;

// Partitions that firmware boots from, mounted or not.
struct BootType {
  std::string_view type;
  std::string_view what;
};
constexpr std::array kBootTypes{
    BootType{"c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "an EFI system partition"},
    BootType{"0xef", "an EFI system partition"},
    BootType{"21686148-6449-6e6f-744e-656564454649", "a BIOS boot partition"},
    BootType{"9e1a2d38-c612-4316-aa26-8b49521e5a8b", "a PReP boot partition"},
};

using Reasons = std::vector<Reason>;

const ProbeResult* probed(const ProbeOutcome& probe) {
  return probe.has_value() && probe->has_value() ? &**probe : nullptr;
}

bool kind_allowed(v1::DiskKind kind, const v1::StorageSpec& spec) {
  switch (kind) {
    case v1::DISK_KIND_PHYSICAL:
      return true;
    case v1::DISK_KIND_LOOP:
    case v1::DISK_KIND_ZRAM:
    case v1::DISK_KIND_RAM:
      return std::ranges::find(spec.allowed_kinds(), kind) != spec.allowed_kinds().end();
    default:  // somebody else's, or no disk at all: never
      return false;
  }
}

std::string_view kind_name(v1::DiskKind kind) {
  switch (kind) {
    case v1::DISK_KIND_PHYSICAL:
      return "physical";
    case v1::DISK_KIND_LOOP:
      return "loop";
    case v1::DISK_KIND_ZRAM:
      return "zram";
    case v1::DISK_KIND_RAM:
      return "ram";
    case v1::DISK_KIND_NETWORK:
      return "network";
    case v1::DISK_KIND_OPTICAL:
      return "optical";
    case v1::DISK_KIND_VIRTUAL:
      return "virtual";
    case v1::DISK_KIND_USER_SPACE:
      return "user-space";
    default:
      return "unknown";
  }
}

// What shows that another disk was read than was observed; empty: nothing.
std::string difference(const Disk& disk, const ProbeResult& probe) {
  if (disk.diskseq != 0 && probe.diskseq != 0 && disk.diskseq != probe.diskseq) {
    return "disk sequence " + std::to_string(probe.diskseq) + ", not " +
           std::to_string(disk.diskseq);
  }
  if (disk.size_bytes != probe.size_bytes) {
    return std::to_string(probe.size_bytes) + " bytes, not " + std::to_string(disk.size_bytes);
  }
  if (disk.logical_sector_bytes != probe.logical_sector_bytes) {
    return "sectors of " + std::to_string(probe.logical_sector_bytes) + " bytes, not " +
           std::to_string(disk.logical_sector_bytes);
  }
  return {};
}

// A reading of something else is no reading.
ProbeOutcome of_this_disk(const Disk& disk, ProbeOutcome probe) {
  const ProbeResult* found = probed(probe);
  if (found == nullptr) return probe;
  const std::string other = difference(disk, *found);
  if (other.empty()) return probe;
  return Result<ProbeResult>(
      fail(ErrorCode::Unavailable, "what was read had " + other + "; it is read again"));
}

void add_boot_partitions(const std::vector<Partition>& partitions, Reasons& reasons) {
  for (const Partition& partition : partitions) {
    for (const BootType& boot : kBootTypes) {
      if (partition.type != boot.type) continue;
      Reason reason{"BootPartition", partition.name + " is " + std::string(boot.what)};
      const bool known = std::ranges::any_of(
          reasons, [&reason](const Reason& other) { return other.message == reason.message; });
      if (!known) reasons.push_back(std::move(reason));
    }
  }
}

// What the kernel resumes from, where udev did not say that this is it: no udevd, or two formats
// in one place.
void add_resume(const ProbeResult& probe, const std::vector<std::string>& resume_unresolved,
                Reasons& reasons) {
  for (const std::string& spec : resume_unresolved) {
    for (const Signature& found : probe.signatures) {
      const bool meant = (!found.uuid.empty() && spec == "UUID=" + found.uuid) ||
                         (!found.label.empty() && spec == "LABEL=" + found.label);
      if (!meant) continue;
      reasons.push_back(
          {"SystemResume", "is what the kernel resumes from, " + spec + ", on " + found.device});
      break;
    }
  }
}

Reasons why_system(const Disk& disk, const std::string& system_unresolved,
                   const std::vector<std::string>& resume_unresolved, const ProbeResult* probe) {
  Reasons reasons;
  for (const Use& use : disk.uses) {
    if (!use.system) continue;
    if (use.kind == "swap") {
      reasons.push_back({"SystemSwap", "carries swap, on " + use.via});
    } else if (use.kind == "resume") {
      reasons.push_back(
          {"SystemResume", "is what the kernel resumes from, " + use.target + ", on " + use.via});
    } else {
      reasons.push_back({"SystemMount", "carries " + use.target + ", on " + use.via});
    }
  }
  add_boot_partitions(disk.partitions, reasons);
  if (probe != nullptr) {
    add_boot_partitions(probe->partitions, reasons);
    add_resume(*probe, resume_unresolved, reasons);
  }
  if (!system_unresolved.empty()) {
    reasons.push_back({"SystemDiskUnknown", "may carry the system: " + system_unresolved});
  }
  return reasons;
}

// Of what the kernel has no disk of nothing else is known.
Reasons why_in_user_space(const Disk& disk) {
  Reasons reasons;
  for (const Use& use : disk.uses) {
    if (use.kind != "driver") continue;
    reasons.push_back({"HeldByUserSpace", "is bound to " + use.target +
                                              ", for a program (SPDK, as Longhorn's v2 engine has "
                                              "it) or a virtual machine: the kernel has no disk of "
                                              "it"});
  }
  return reasons;
}

Reasons why_in_use(const Disk& disk, const ProbeResult* probe) {
  if (disk.kind == v1::DISK_KIND_USER_SPACE) return why_in_user_space(disk);
  Reasons reasons;
  std::vector<std::string> holders;
  for (const Use& use : disk.uses) {
    if (use.kind == "holder") holders.push_back(use.target);
    if (use.system) continue;
    if (use.kind == "mount") {
      reasons.push_back({"Mounted", use.via + " is mounted at " + use.target});
    } else {
      reasons.push_back({"Held", use.target + " stands on " + use.via});
    }
  }
  if (probe == nullptr) return reasons;
  for (const std::string& holder : probe->holders) {
    if (std::ranges::find(holders, holder) != holders.end()) continue;
    reasons.push_back({"Held", holder + " stands on it"});
  }
  if (probe->held) {
    reasons.push_back({"HeldExclusively", "somebody has it open exclusively (O_EXCL: EBUSY)"});
  }
  return reasons;
}

void add_identity_fault(const Disk& disk, Reasons& reasons) {
  if (disk.identity_fault == IdentityFault::Missing) {
    reasons.push_back({"NoStableIdentity",
                       "has neither a WWN nor a serial, so that it cannot be told from another"});
  } else if (disk.identity_fault == IdentityFault::Duplicate) {
    reasons.push_back({"DuplicateIdentity",
                       "another disk of this host states the same WWN or "
                       "serial: \"" +
                           (disk.wwn.empty() ? disk.serial : disk.wwn) + "\""});
  }
}

Reasons why_unusable(const Disk& disk, const ProbeResult* probe, const v1::StorageSpec& spec) {
  Reasons reasons;
  if (disk.kind == v1::DISK_KIND_USER_SPACE) {
    if (disk.uses.empty()) {
      reasons.push_back({"NoDriver", "is bound to no driver: the kernel has no disk of it"});
    }
    return reasons;
  }
  if (!kind_allowed(disk.kind, spec)) {
    reasons.push_back({"KindNotAllowed", "is a " + std::string(kind_name(disk.kind)) +
                                             " device, which storage.allowed_kinds leaves out"});
  }
  if (disk.size_bytes == 0) {
    reasons.push_back({"NoMedium", "has no medium, or none that answers"});
  } else if (disk.size_bytes < size_min_bytes(spec)) {
    reasons.push_back({"TooSmall", "has " + std::to_string(disk.size_bytes) +
                                       " bytes; storage.size_min_bytes wants " +
                                       std::to_string(size_min_bytes(spec))});
  }
  if (disk.read_only || (probe != nullptr && probe->read_only)) {
    reasons.push_back({"ReadOnly", "the kernel has it read-only"});
  }
  if (disk.removable) reasons.push_back({"Removable", "is removable"});
  if (disk.zoned) reasons.push_back({"Zoned", "is zoned: it must be written in order"});
  if (disk.size_bytes != 0 && disk.logical_sector_bytes != 512 &&
      disk.logical_sector_bytes != 4096) {
    reasons.push_back({"SectorSize", "has sectors of " + std::to_string(disk.logical_sector_bytes) +
                                         " bytes; 512 and 4096 are supported"});
  }
  add_identity_fault(disk, reasons);
  return reasons;
}

// Not known to be empty, for want of a reading of it.
Reasons why_unknown(const Disk& disk, const ProbeOutcome& probe) {
  Reasons reasons;
  if (!probe.has_value()) {
    reasons.push_back({"NotProbed", "nobody has read it yet"});
  } else if (!probe->has_value() && probe->error().code == ErrorCode::Io) {
    reasons.push_back({"Unreadable", probe->error().message});
  } else {
    reasons.push_back({"NotProbed", probe->error().message});
  }
  for (const std::string& type : disk.udev_types) {
    reasons.push_back({"HasSignature", "udev found " + type});
  }
  return reasons;
}

Reasons why_foreign(const Disk& disk, const ProbeResult& probe) {
  Reasons reasons;
  for (std::string& line : signature_lines(probe.signatures)) {
    reasons.push_back({"HasSignature", std::move(line)});
  }
  const std::size_t partitions = std::max(disk.partitions.size(), probe.partitions.size());
  if (partitions > 0) {
    reasons.push_back({"HasPartitions", std::to_string(partitions) + " partitions"});
  }
  if (probe.truncated) {
    reasons.push_back({"MoreFound", "more was found than is listed"});
  }
  if (probe.signatures.empty() && !probe.data_offsets_bytes.empty()) {
    reasons.push_back({"HasData", "bytes of no known format, from byte " +
                                      std::to_string(probe.data_offsets_bytes.front()) + " on"});
  }
  if (!reasons.empty()) return reasons;
  // Nothing was found, but it may have been written since.
  for (const std::string& type : disk.udev_types) {
    reasons.push_back({"HasSignature", "udev found " + type + " since it was read"});
  }
  return reasons;
}

}  // namespace

std::uint64_t size_min_bytes(const v1::StorageSpec& spec) {
  return spec.size_min_bytes() == 0 ? kSizeMinBytes : spec.size_min_bytes();
}

bool worth_probing(const Disk& disk, const v1::StorageSpec& spec) {
  return disk.size_bytes > 0 && kind_allowed(disk.kind, spec);
}

std::string_view class_name(v1::DiskClass disk_class) {
  switch (disk_class) {
    case v1::DISK_CLASS_SYSTEM:
      return "system";
    case v1::DISK_CLASS_IN_USE:
      return "in-use";
    case v1::DISK_CLASS_FOREIGN:
      return "foreign";
    case v1::DISK_CLASS_BLANK:
      return "blank";
    case v1::DISK_CLASS_UNUSABLE:
      return "unusable";
    default:
      return "unknown";
  }
}

Verdict classify(const Disk& disk, const std::string& system_unresolved,
                 const ProbeOutcome& any_probe, const v1::StorageSpec& spec,
                 const std::vector<std::string>& resume_unresolved) {
  const ProbeOutcome probe = of_this_disk(disk, any_probe);
  const ProbeResult* found = probed(probe);

  struct Group {
    v1::DiskClass disk_class;
    Reasons reasons;
  };
  std::array<Group, 4> groups{
      Group{v1::DISK_CLASS_SYSTEM, why_system(disk, system_unresolved, resume_unresolved, found)},
      Group{v1::DISK_CLASS_IN_USE, why_in_use(disk, found)},
      Group{v1::DISK_CLASS_UNUSABLE, why_unusable(disk, found, spec)},
      Group{v1::DISK_CLASS_FOREIGN, {}},
  };
  if (found != nullptr) {
    groups[3].reasons = why_foreign(disk, *found);
  } else if (worth_probing(disk, spec)) {
    groups[3].reasons = why_unknown(disk, probe);
  }

  Verdict verdict;
  for (Group& group : groups) {
    if (group.reasons.empty()) continue;
    if (verdict.reasons.empty()) verdict.disk_class = group.disk_class;
    std::ranges::move(group.reasons, std::back_inserter(verdict.reasons));
  }
  if (verdict.reasons.empty()) {
    // Only a reading of this very disk gets here: without one there is a reason.
    verdict.disk_class = v1::DISK_CLASS_BLANK;
    verdict.reasons.push_back({"NothingFound", "was read, and nothing was found on it"});
  }
  return verdict;
}

std::vector<ClassifiedDisk> classify(const Inventory& inventory,
                                     const std::map<std::string, Result<ProbeResult>>& probes,
                                     const v1::StorageSpec& spec) {
  std::vector<ClassifiedDisk> disks;
  for (const Disk& disk : inventory.disks) {
    const auto found = probes.find(disk.name);
    ProbeOutcome probe;
    if (found != probes.end()) probe = of_this_disk(disk, found->second);
    Verdict verdict =
        classify(disk, inventory.system_unresolved, probe, spec, inventory.resume_unresolved);
    disks.push_back({disk, std::move(probe), std::move(verdict)});
  }
  return disks;
}

}  // namespace joist::disk
