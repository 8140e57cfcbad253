#include "disk/judge.h"

#include <google/protobuf/util/time_util.h>

#include <array>

namespace joist::disk {
namespace {

using google::protobuf::util::TimeUtil;

struct Ruling {
  v1::ConditionStatus status;
  std::string reason;
  std::string message;
};

// Whether the class might change if only somebody read the disk. One that
// cannot be read (EIO) is as known as it will get.
bool awaits_probe(const ClassifiedDisk& disk) {
  if (disk.verdict.disk_class != v1::DISK_CLASS_FOREIGN) return false;
  return disk.verdict.reasons.front().code == "NotProbed";
}

std::string count_by_class(const std::vector<ClassifiedDisk>& disks) {
  constexpr std::array order{v1::DISK_CLASS_SYSTEM, v1::DISK_CLASS_IN_USE, v1::DISK_CLASS_FOREIGN,
                             v1::DISK_CLASS_BLANK, v1::DISK_CLASS_UNUSABLE};
  std::string text = std::to_string(disks.size()) + (disks.size() == 1 ? " disk" : " disks");
  std::string separator = ": ";
  for (const v1::DiskClass disk_class : order) {
    std::size_t count = 0;
    for (const ClassifiedDisk& disk : disks) count += disk.verdict.disk_class == disk_class;
    if (count == 0) continue;
    text += separator + std::to_string(count) + " " + std::string(class_name(disk_class));
    separator = ", ";
  }
  return text;
}

Ruling rule_on(const InventoryTaken& taken, Moment now) {
  if (now.boot - taken.inventory.observed.boot > kInventoryTimeToLive) {
    return {v1::CONDITION_STATUS_UNKNOWN, "Stale",
            "The disks were last looked at more than " +
                std::to_string(kInventoryTimeToLive.count()) + " s ago."};
  }
  if (!taken.inventory.system_unresolved.empty()) {
    return {v1::CONDITION_STATUS_FALSE, "SystemDiskUnknown",
            "It is not known which disks the system stands on, so every disk counts as the "
            "system's: " +
                taken.inventory.system_unresolved + "."};
  }
  std::string unread;
  std::size_t count = 0;
  for (const ClassifiedDisk& disk : taken.disks) {
    if (!awaits_probe(disk)) continue;
    ++count;
    if (count <= 3) {
      unread +=
          (count == 1 ? "" : "; ") + disk.disk.name + ": " + disk.verdict.reasons.front().message;
    }
  }
  if (count > 0) {
    return {v1::CONDITION_STATUS_UNKNOWN, "DisksNotProbed",
            std::to_string(count) + " of " + count_by_class(taken.disks) +
                ", could not be read by joist-helper (systemctl status joist-helper.socket): " +
                unread};
  }
  return {v1::CONDITION_STATUS_TRUE, "Inventoried", count_by_class(taken.disks) + "."};
}

Ruling rule_on(const std::optional<Result<InventoryTaken>>& taken, Moment now) {
  if (!taken.has_value()) {
    return {v1::CONDITION_STATUS_UNKNOWN, "NotObserved", "The disks have not been looked at yet."};
  }
  if (!taken->has_value()) {
    return {v1::CONDITION_STATUS_UNKNOWN, "ObservationFailed",
            "The disks could not be looked at: " + taken->error().message + "."};
  }
  return rule_on(**taken, now);
}

}  // namespace

v1::Condition judge(const std::optional<Result<InventoryTaken>>& taken, Moment now) {
  const Ruling ruling = rule_on(taken, now);
  v1::Condition condition;
  condition.set_type("DisksInventoried");
  condition.set_status(ruling.status);
  condition.set_reason(ruling.reason);
  condition.set_message(ruling.message);
  condition.set_severity(v1::SEVERITY_BLOCKING);
  condition.add_blocks("storage");
  // What is Unknown is looked at again; what is False needs a person.
  condition.set_remedy(ruling.status == v1::CONDITION_STATUS_UNKNOWN ? v1::REMEDY_AUTOMATIC
                                                                     : v1::REMEDY_NONE);
  v1::Evidence& evidence = *condition.mutable_evidence();
  evidence.set_threshold("every disk read, and / traced to its disks");
  evidence.set_source("/sys/class/block, /proc/1/mountinfo, /proc/swaps, libblkid");
  *evidence.mutable_time_to_live() = TimeUtil::SecondsToDuration(kInventoryTimeToLive.count());

  Moment observed = now;
  if (taken.has_value() && taken->has_value()) {
    evidence.set_value(count_by_class((*taken)->disks));
    observed = (*taken)->inventory.observed;
  }
  *evidence.mutable_observed_time() = TimeUtil::NanosecondsToTimestamp(
      std::chrono::nanoseconds(observed.wall.time_since_epoch()).count());
  *evidence.mutable_observed_boottime() = TimeUtil::NanosecondsToDuration(observed.boot.count());
  return condition;
}

}  // namespace joist::disk
