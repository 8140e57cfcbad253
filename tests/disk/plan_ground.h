// Disks to plan with, and what a plan says of them in one line.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "disk/plan.h"

namespace joist::disk {

inline constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;

inline Disk disk_named(const std::string& name) {
  Disk disk;
  disk.id = "serial:sata:" + name;
  disk.identity_fault = IdentityFault::None;
  disk.name = name;
  disk.serial = name;
  disk.model = "MODEL-" + name;
  disk.size_bytes = kTiB;
  disk.logical_sector_bytes = 512;
  disk.physical_sector_bytes = 4096;
  disk.kind = v1::DISK_KIND_PHYSICAL;
  disk.transport = "sata";
  disk.diskseq = 7;
  return disk;
}

inline ProbeResult reading_of(const Disk& disk) {
  ProbeResult found;
  found.diskseq = disk.diskseq;
  found.size_bytes = disk.size_bytes;
  found.logical_sector_bytes = disk.logical_sector_bytes;
  found.physical_sector_bytes = disk.physical_sector_bytes;
  found.content_digest = std::string(32, '\x01');
  return found;
}

inline Signature signature_of(const std::string& type, const std::string& uuid) {
  Signature signature;
  signature.type = type;
  signature.usage = "filesystem";
  signature.offset_bytes = 1080;
  signature.length_bytes = 2;
  signature.label = "data";
  signature.uuid = uuid;
  return signature;
}

inline ClassifiedDisk classified(Disk disk, ProbeOutcome probe, const v1::StorageSpec& spec = {}) {
  Verdict verdict = classify(disk, "", probe, spec);
  return {std::move(disk), std::move(probe), std::move(verdict)};
}

inline ClassifiedDisk blank(const std::string& name) {
  const Disk disk = disk_named(name);
  return classified(disk, Result<ProbeResult>(reading_of(disk)));
}

inline ClassifiedDisk foreign(const std::string& name) {
  const Disk disk = disk_named(name);
  ProbeResult found = reading_of(disk);
  found.signatures.push_back(signature_of("ext4", "8c5c-uuid"));
  found.data_offsets_bytes = {1080};
  return classified(disk, Result<ProbeResult>(found));
}

// The same disk, with other facts, and judged again.
template <typename Change>
ClassifiedDisk with(ClassifiedDisk disk, Change change) {
  change(disk);
  return classified(std::move(disk.disk), std::move(disk.probe));
}

inline ClassifiedDisk mounted_at(ClassifiedDisk disk, const std::string& point,
                                 bool system = false) {
  return with(std::move(disk), [&](ClassifiedDisk& changed) {
    changed.disk.uses.push_back({"mount", point, changed.disk.name, system});
  });
}

inline v1::StorageUse use_of(const std::string& name, v1::StorageUseKind kind) {
  v1::StorageUse use;
  use.set_name(name);
  use.set_kind(kind);
  return use;
}

inline PlanGround ground_of(std::vector<ClassifiedDisk> disks, std::vector<v1::StorageUse> uses) {
  PlanGround ground{"host-1", std::move(disks), {}, {}};
  for (v1::StorageUse& use : uses) *ground.spec.add_uses() = std::move(use);
  return ground;
}

// "clear verify mkfs mount, person", or the reasons: "Mounted HasSignature".
inline std::string outcome(const v1::PlannedDisk& planned) {
  constexpr const char* kSteps[] = {"?", "clear", "zero", "verify", "mkfs", "mount", "discard"};
  constexpr const char* kConsents[] = {"nobody", "policy", "person"};
  std::string text;
  for (const v1::DiskStep& step : planned.steps()) {
    text += (text.empty() ? "" : " ") + std::string(kSteps[step.kind()]);
  }
  if (!text.empty()) text += std::string(", ") + kConsents[planned.consent()];
  for (const v1::DiskReason& reason : planned.reasons()) {
    text += (text.empty() ? "" : " ") + reason.code();
  }
  return text;
}

// Of the disks of a ground, in their order.
inline std::vector<std::string> outcomes(const PlanGround& ground) {
  std::vector<std::string> texts;
  const v1::DiskPlan plan = plan_disks(ground);
  for (const v1::PlannedDisk& planned : plan.disks()) {
    texts.push_back(outcome(planned));
  }
  return texts;
}

}  // namespace joist::disk
