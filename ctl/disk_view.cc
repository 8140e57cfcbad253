#include "ctl/disk_view.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/value_text.h"
#include "ctl/humane.h"

namespace joist::ctl {
namespace {

constexpr int kAgeColumn = 4;  // beside the class that rests on the reading

Cell class_cell(v1::DiskClass disk_class) {
  const std::string word = enum_word(*v1::DiskClass_descriptor(), disk_class);
  switch (disk_class) {
    case v1::DISK_CLASS_BLANK:
      return {word, Tone::Good};
    case v1::DISK_CLASS_FOREIGN:
      return {word, Tone::Warning};
    case v1::DISK_CLASS_UNUSABLE:
      return {word, Tone::Dim};
    case v1::DISK_CLASS_UNSPECIFIED:
      return {"unknown", Tone::Warning};
    default:
      return {word, Tone::Plain};
  }
}

// "ok", "failing: its reliability is degraded; replace it", "ok, asleep", "n.a.".
Cell health_cell(const v1::Disk& disk) {
  if (!disk.has_health()) return {"-", Tone::Dim};
  const v1::DiskHealth& health = disk.health();
  const std::string why = health.reasons().empty() ? "" : ": " + health.reasons(0).message();
  const std::string asleep = health.asleep() ? ", asleep" : "";
  switch (health.state()) {
    case v1::DISK_HEALTH_STATE_OK:
      return {"ok" + asleep, Tone::Good};
    case v1::DISK_HEALTH_STATE_WARNING:
      return {"warning" + asleep + why, Tone::Warning};
    case v1::DISK_HEALTH_STATE_FAILING:
      return {"failing" + asleep + why, Tone::Bad};
    case v1::DISK_HEALTH_STATE_NOT_OFFERED:
      return {"n.a.", Tone::Dim};
    default:
      return {"unknown" + why, Tone::Warning};
  }
}

// "nvme ssd", "sata hdd", "loop".
std::string type_text(const v1::Disk& disk) {
  const bool physical = disk.kind() == v1::DISK_KIND_PHYSICAL;
  std::string text = disk.transport();
  if (text.empty() && disk.kind() != v1::DISK_KIND_UNSPECIFIED) {
    text = enum_word(*v1::DiskKind_descriptor(), disk.kind());
  }
  if (physical) text += (text.empty() ? "" : " ") + std::string(disk.rotational() ? "hdd" : "ssd");
  return text.empty() ? "-" : text;
}

std::string reasons_text(const v1::Disk& disk) {
  std::string text;
  for (const v1::DiskReason& reason : disk.reasons()) {
    text +=
        (text.empty() ? "" : "; ") + (reason.message().empty() ? reason.code() : reason.message());
  }
  // Most often it is one of the reasons already.
  if (text.find(disk.probe_error()) == std::string::npos) {
    text += (text.empty() ? "" : "; ") + std::string("not probed: ") + disk.probe_error();
  }
  return text.empty() ? "-" : text;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

}  // namespace

Table disk_table(const google::protobuf::RepeatedPtrField<v1::Disk>& disks, WallTime now) {
  const bool with_ages = std::ranges::any_of(disks, &v1::Disk::has_probe_time);
  Table table;
  table.when_empty = "No disks.";
  table.columns = {{"DISK"},
                   {"CLASS"},
                   {"SIZE", Fit::Whole, true},
                   {"TYPE"},
                   {"HEALTH", Fit::Cut},
                   {"MODEL", Fit::Drop},
                   {"ID", Fit::Drop},
                   {"WHY", Fit::Wrap}};
  if (with_ages) table.columns.insert(table.columns.begin() + kAgeColumn, {"READ", Fit::Drop});
  for (const v1::Disk& disk : disks) {
    std::vector<Cell>& row = table.rows.emplace_back();
    row = {{disk.name()},
           class_cell(disk.class_()),
           {humane_size(disk.size_bytes())},
           {type_text(disk)},
           health_cell(disk),
           {or_dash(disk.model())},
           {or_dash(disk.id()), Tone::Dim},
           {reasons_text(disk)}};
    if (with_ages) {
      row.insert(row.begin() + kAgeColumn, {humane_age(disk.probe_time(), now), Tone::Dim});
    }
  }
  return table;
}

}  // namespace joist::ctl
