#include "disk/preparation.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "disk/judge.h"

namespace joist::disk {
namespace {

constexpr std::string_view kLook = "; joistctl disk plan has it all";

struct Ruling {
  v1::ConditionStatus status;
  std::string reason;
  std::string message;
};

bool has_reason(const v1::PlannedDisk& disk, const auto& codes) {
  return std::ranges::any_of(disk.reasons(), [&codes](const v1::DiskReason& reason) {
    return std::ranges::find(codes, reason.code()) != codes.end();
  });
}

bool is_as_wanted(const v1::PlannedDisk& disk) {
  constexpr std::array<std::string_view, 3> kCodes{"AlreadyBlank", "AlreadyMounted", "CarriesOsd"};
  return has_reason(disk, kCodes);
}

// Not what classify.h keeps from use: a selector may match the system's disks, and mean the others.
bool is_wrongly_placed(const v1::PlannedDisk& disk) {
  constexpr std::array<std::string_view, 4> kCodes{"CarriesMore", "MountPointRefused",
                                                   "MountPointTaken", "UseNotKnown"};
  return has_reason(disk, kCodes);
}

// "sdb, sdc, sdd and 3 more"
std::string names(const std::vector<const v1::PlannedDisk*>& disks) {
  constexpr std::size_t kNamed = 3;
  std::string text;
  for (std::size_t index = 0; index < std::min(disks.size(), kNamed); ++index) {
    text += (index == 0 ? "" : ", ") + disks[index]->name();
  }
  if (disks.size() > kNamed) text += " and " + std::to_string(disks.size() - kNamed) + " more";
  return text;
}

std::vector<const v1::PlannedDisk*> those(const v1::DiskPlan& plan, const auto& are) {
  std::vector<const v1::PlannedDisk*> disks;
  for (const v1::PlannedDisk& disk : plan.disks()) {
    if (are(disk)) disks.push_back(&disk);
  }
  return disks;
}

// Uses that give disks to somebody, who cannot do without.
bool wants_disks(const v1::StorageUse& use) {
  return use.kind() != v1::STORAGE_USE_KIND_KEEP && use.kind() != v1::STORAGE_USE_KIND_WIPE;
}

// "osd 4, scratch 1": how many disks each use has.
std::string counts(const v1::DiskPlan& plan, const v1::StorageSpec& spec) {
  std::string text;
  for (const v1::StorageUse& use : spec.uses()) {
    if (use.kind() == v1::STORAGE_USE_KIND_KEEP) continue;
    const auto had = std::ranges::count_if(plan.disks(), [&use](const v1::PlannedDisk& disk) {
      return disk.use() == use.name() && is_as_wanted(disk);
    });
    text += (text.empty() ? "" : ", ") + use.name() + " " + std::to_string(had);
  }
  return text;
}

Ruling rule_on(const v1::DiskPlan& plan, const v1::StorageSpec& spec) {
  const auto wrong = those(plan, is_wrongly_placed);
  if (!wrong.empty()) {
    return {v1::CONDITION_STATUS_FALSE, "DisksRefused",
            names(wrong) + ": " + wrong.front()->reasons(0).message() + std::string(kLook)};
  }
  const auto left = those(plan, [](const auto& disk) { return !disk.steps().empty(); });
  if (!left.empty()) {
    return {v1::CONDITION_STATUS_FALSE, "StepsLeft",
            names(left) + (left.size() == 1 ? " is" : " are") + " not yet as storage.uses wants: " +
                left.front()->steps(0).summary() + std::string(kLook)};
  }
  if (!plan.shortfalls().empty()) {
    return {v1::CONDITION_STATUS_FALSE, "TooFewDisks",
            plan.shortfalls(0).message() + std::string(kLook)};
  }
  for (const v1::StorageUse& use : spec.uses()) {
    const bool has = std::ranges::any_of(plan.disks(), [&use](const v1::PlannedDisk& disk) {
      return disk.use() == use.name() && is_as_wanted(disk);
    });
    if (has || !wants_disks(use)) continue;
    return {v1::CONDITION_STATUS_FALSE, "NoDisks",
            "use " + use.name() + " has no disk" + std::string(kLook)};
  }
  return {v1::CONDITION_STATUS_TRUE, "Prepared",
          "The disks are as storage.uses wants them: " + counts(plan, spec) + "."};
}

Ruling rule_on(const PlanGround& ground, const v1::Condition& inventoried) {
  if (inventoried.status() != v1::CONDITION_STATUS_TRUE) {
    const bool pending = inventoried.reason() == kBeingRead;
    return {v1::CONDITION_STATUS_UNKNOWN, pending ? std::string(kBeingRead) : "DisksNotKnown",
            "Not known while the disks are not: " + inventoried.message()};
  }
  if (ground.spec.uses().empty()) {
    return {v1::CONDITION_STATUS_TRUE, "NothingToPrepare", "storage.uses asks for nothing."};
  }
  if (ground.host.empty()) {
    return {v1::CONDITION_STATUS_UNKNOWN, "HostNotKnown",
            "This host has no /etc/machine-id to plan for; systemd-machine-id-setup makes one."};
  }
  return rule_on(plan_disks(ground), ground.spec);
}

}  // namespace

v1::Condition judge_preparation(const PlanGround& ground, const v1::Condition& inventoried) {
  Ruling ruling = rule_on(ground, inventoried);
  v1::Condition condition = inventoried;
  condition.set_type("DisksPrepared");
  condition.set_status(ruling.status);
  condition.set_reason(std::move(ruling.reason));
  condition.set_message(std::move(ruling.message));
  if (condition.reason() == "StepsLeft") condition.set_remedy(v1::REMEDY_NEEDS_CONSENT);
  condition.mutable_evidence()->set_threshold("nothing left to do of the plan of storage.uses");
  return condition;
}

}  // namespace joist::disk
