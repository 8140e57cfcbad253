#include "disk/judge.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/wall_time.h"

namespace joist::disk {
namespace {

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

// Not even an attempt failed yet.
bool awaits_first_probe(const ClassifiedDisk& disk) {
  return awaits_probe(disk) && !disk.probe.has_value();
}

bool was_read(const ClassifiedDisk& disk) {
  return disk.probe.has_value() && disk.probe->has_value();
}

// ", the oldest reading of 2026-11-23T03:28:18Z". A text of now would be another every time.
std::string oldest_reading(const std::vector<ClassifiedDisk>& disks) {
  const ClassifiedDisk* oldest = nullptr;
  for (const ClassifiedDisk& disk : disks) {
    if (!was_read(disk)) continue;
    if (oldest == nullptr || (*disk.probe)->asked.boot < (*oldest->probe)->asked.boot) {
      oldest = &disk;
    }
  }
  if (oldest == nullptr) return "";
  const auto when = std::chrono::floor<std::chrono::seconds>((*oldest->probe)->asked.wall);
  return ", the oldest reading of " +
         google::protobuf::util::TimeUtil::ToString(to_timestamp(when));
}

// Evidence and no more: it protects nothing.
std::string stale_resume(const InventoryTaken& taken) {
  std::string text;
  for (const std::string& spec : taken.inventory.resume_unresolved) {
    text += ", resume=" + spec + " names no device that udev knows";
  }
  return text;
}

std::string count_read(const InventoryTaken& taken) {
  const auto read = std::ranges::count_if(taken.disks, was_read);
  const auto needless = std::ranges::count_if(taken.disks, [](const ClassifiedDisk& disk) {
    return !was_read(disk) && !awaits_probe(disk);
  });
  return std::to_string(read) + " of " + std::to_string(std::ssize(taken.disks)) + " read" +
         oldest_reading(taken.disks) +
         (needless == 0 ? "" : ", " + std::to_string(needless) + " not to be used anyway") +
         (taken.inventory.system_unresolved.empty() ? "" : ", / not traced") + stale_resume(taken);
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

std::string list_unread(const std::vector<ClassifiedDisk>& disks) {
  constexpr int named_max = 3;
  std::string text;
  int named = 0;
  for (const ClassifiedDisk& disk : disks) {
    if (!awaits_probe(disk) || named == named_max) continue;
    text += (named == 0 ? "" : "; ") + disk.disk.name + ": " + disk.verdict.reasons.front().message;
    ++named;
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
  const auto waiting = std::ranges::count_if(taken.disks, awaits_probe);
  if (waiting > 0 && waiting == std::ranges::count_if(taken.disks, awaits_first_probe)) {
    return {v1::CONDITION_STATUS_UNKNOWN, std::string(kBeingRead),
            std::to_string(waiting) + " of " + count_by_class(taken.disks) + ", wait to be read."};
  }
  if (waiting > 0) {
    return {v1::CONDITION_STATUS_UNKNOWN, "DisksNotProbed",
            std::to_string(waiting) + " of " + count_by_class(taken.disks) +
                ", could not be read by joist-helper (systemctl status joist-helper.socket): " +
                list_unread(taken.disks)};
  }
  return {v1::CONDITION_STATUS_TRUE, "Inventoried",
          count_by_class(taken.disks) +
              (taken.late.empty() ? "." : "; changes show late: " + taken.late + ".")};
}

}  // namespace

v1::Condition judge(const Look& look, Moment now) {
  const Ruling ruling =
      look ? rule_on(*look, now)
           : Ruling{v1::CONDITION_STATUS_UNKNOWN, "ObservationFailed",
                    "The disks could not be looked at: " + look.error().error.message + "."};
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
  evidence.set_threshold("every disk that may be used read, and / traced to its disks");
  evidence.set_source(
      "/sys/class/block, /proc/1/mountinfo, /proc/swaps, /sys/power/resume, libblkid");
  *evidence.mutable_time_to_live() = to_duration(kInventoryTimeToLive);

  if (look) evidence.set_value(count_read(*look));
  // Of the look, never of now: the next one begins before it is judged.
  const Moment observed = look ? look->inventory.observed : look.error().began;
  *evidence.mutable_observed_time() = to_timestamp(observed.wall);
  *evidence.mutable_observed_boottime() = to_duration(observed.boot);
  return condition;
}

}  // namespace joist::disk
