// What holds of every plan, whatever it was made from: for tests over random grounds, and a fuzzer.
#pragma once

#include <algorithm>
#include <set>
#include <string>

#include "disk/doubt.h"
#include "disk/plan.h"

namespace joist::support {

inline bool is_probed(const disk::ClassifiedDisk& disk) {
  return disk.probe.has_value() && disk.probe->has_value();
}

// RFC 9562, version 8: "xxxxxxxx-xxxx-8xxx-[89ab]xxx-xxxxxxxxxxxx".
inline bool is_uuid_v8(const std::string& text) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    const bool hex = std::string("0123456789abcdef").find(text[at]) != std::string::npos;
    if (dash ? text[at] != '-' : !hex) return false;
  }
  return text[14] == '8' && std::string("89ab").find(text[19]) != std::string::npos;
}

inline bool is_named(const disk::PlanGround& ground, const v1::PlannedDisk& planned) {
  return std::ranges::any_of(ground.spec.uses(), [&](const v1::StorageUse& use) {
    return use.name() == planned.use() &&
           std::ranges::find(use.disks().ids(), planned.id()) != use.disks().ids().end();
  });
}

inline std::string broken_doubt(const disk::PlanGround& ground, const disk::ClassifiedDisk& disk,
                                const v1::PlannedDisk& planned) {
  const bool doubted = std::ranges::any_of(
      disk::doubts_of(disk.disk, ground.doubts),
      [](const v1::DiskReason& reason) { return reason.code() != "DiskFailing"; });
  const bool mounts_alone = planned.steps_size() == 1;
  if (!doubted || mounts_alone) return {};
  if (!is_named(ground, planned)) return "is in doubt, and is taken without being named";
  if (planned.warnings().empty()) return "is in doubt, and nothing warns of it";
  return {};
}

inline std::string broken_step(const disk::ClassifiedDisk& disk, const v1::PlannedDisk& planned) {
  const auto disk_class = disk.verdict.disk_class;
  if (disk_class != v1::DISK_CLASS_BLANK && disk_class != v1::DISK_CLASS_FOREIGN) {
    return "has steps, and is neither blank nor foreign";
  }
  if (!is_probed(disk)) return "has steps, and was not read";
  if (disk.disk.id.empty()) return "has steps, and no identity";
  if (planned.use().empty()) return "has steps, and no use";
  if (planned.kind() == v1::STORAGE_USE_KIND_KEEP) return "has steps, and is to be kept";
  if (planned.digest().size() != 32 || planned.fingerprint().size() != 32) {
    return "has steps, and no digest of what they are done to";
  }
  bool clears = false;
  bool destroys = false;
  for (const v1::DiskStep& step : planned.steps()) {
    const bool clear = step.kind() == v1::DISK_STEP_KIND_CLEAR ||
                       step.kind() == v1::DISK_STEP_KIND_ZERO ||
                       step.kind() == v1::DISK_STEP_KIND_DISCARD;
    clears = clears || clear;
    destroys = destroys || step.destructive();
    if (step.destructive() != (clear || step.kind() == v1::DISK_STEP_KIND_MAKE_FILESYSTEM)) {
      return "has a step that destroys and does not say so, or the other way";
    }
  }
  if (disk_class == v1::DISK_CLASS_FOREIGN && destroys && !clears) {
    return "is foreign, and is written to without being cleared";
  }
  const bool person = clears || !planned.warnings().empty();
  if (person != (planned.consent() == v1::CONSENT_NEED_PERSON)) {
    return "may be cleared without a person, or must not be prepared without one";
  }
  if (clears && planned.found().empty()) return "is cleared, and nothing says of what";
  return {};
}

// Empty: all of them hold.
inline std::string broken_invariant(const disk::PlanGround& ground, const v1::DiskPlan& plan) {
  if (static_cast<std::size_t>(plan.disks_size()) != ground.disks.size()) return "lost disks";
  std::set<std::string> points;
  std::size_t with_steps = 0;
  for (int index = 0; index < plan.disks_size(); ++index) {
    const v1::PlannedDisk& planned = plan.disks(index);
    const disk::ClassifiedDisk& disk = ground.disks[static_cast<std::size_t>(index)];
    const std::string who = disk.disk.name + " ";
    if (planned.steps().empty() == planned.reasons().empty()) {
      return who + "has steps and reasons, or neither";
    }
    if (!planned.filesystem_uuid().empty() && !is_uuid_v8(planned.filesystem_uuid())) {
      return who + "has a UUID that is none: " + planned.filesystem_uuid();
    }
    if (planned.filesystem_label().size() > 12) return who + "has a label that XFS does not take";
    if (planned.steps().empty()) {
      if (!planned.digest().empty()) return who + "has a digest of nothing";
      if (planned.consent() != v1::CONSENT_NEED_UNSPECIFIED) return who + "wants a useless consent";
      continue;
    }
    ++with_steps;
    if (const std::string broken = broken_step(disk, planned); !broken.empty()) return who + broken;
    if (const std::string broken = broken_doubt(ground, disk, planned); !broken.empty()) {
      return who + broken;
    }
    if (!planned.mount_point().empty() && !points.insert(planned.mount_point()).second) {
      return who + "goes where another one goes: " + planned.mount_point();
    }
  }
  if (plan.digest().size() != (with_steps == 0 ? 0 : 32)) return "has a digest of another length";
  const v1::DiskPlan again = disk::plan_disks(ground);
  if (again.SerializeAsString() != plan.SerializeAsString()) return "is another one the next time";
  return {};
}

}  // namespace joist::support
