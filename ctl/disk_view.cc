#include "ctl/disk_view.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/value_text.h"
#include "ctl/humane.h"

namespace joist::ctl {
namespace {

constexpr int kAgeColumn = 4;  // beside the class that rests on the reading

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

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

std::string why_text(const v1::Disk& disk) {
  std::string text = disk.reasons().empty() ? "" : reasons_text(disk.reasons());
  // Most often it is one of the reasons already.
  if (text.find(disk.probe_error()) == std::string::npos) {
    text += (text.empty() ? "" : "; ") + std::string("not probed: ") + disk.probe_error();
  }
  for (const v1::DiskReason& doubt : disk.doubts()) {
    text += (text.empty() ? "" : "; ") + doubt.message();
  }
  return text.empty() ? "-" : text;
}

void add(Facts& facts, const char* label, const std::string& text, Tone tone = Tone::Plain) {
  if (!text.empty()) facts.facts.push_back({label, {text, tone}});
}

// The first line with its label, the others below it.
template <typename Lines>
void add_lines(Facts& facts, const char* label, const Lines& lines) {
  for (const std::string& line : lines) {
    facts.facts.push_back({&line == &*lines.begin() ? label : "", {line}});
  }
}

std::string exact_size(std::uint64_t size_bytes) {
  return humane_size(size_bytes) + " (" + std::to_string(size_bytes) + " bytes)";
}

Facts identity_facts(const v1::Disk& disk, WallTime now) {
  Facts facts;
  add(facts, "Disk", disk.name());
  facts.facts.push_back({"ID",
                         {disk.id().empty() ? "none that is stable" : disk.id(),
                          disk.id().empty() ? Tone::Warning : Tone::Plain}});
  add(facts, "Model", disk.model());
  add(facts, "Serial", disk.serial());
  add(facts, "WWN", disk.wwn());
  add(facts, "Type", type_text(disk));
  add(facts, "Size", exact_size(disk.size_bytes()));
  add(facts, "Sectors",
      std::to_string(disk.logical_sector_bytes()) + " bytes, " +
          std::to_string(disk.physical_sector_bytes()) + " physical");
  std::string marks;
  if (disk.removable()) marks = "removable";
  if (disk.read_only()) marks += (marks.empty() ? "" : ", ") + std::string("read-only");
  add(facts, "Marks", marks, Tone::Warning);
  add_lines(facts, "Links", disk.by_id());
  add_lines(facts, disk.by_id().empty() ? "Links" : "", disk.by_path());
  if (disk.diskseq() != 0) {
    add(facts, "Attached", "as number " + std::to_string(disk.diskseq()) + " since boot");
  }
  facts.facts.push_back({"Class", disk_class_cell(disk.class_())});
  for (const v1::DiskReason& reason : disk.reasons()) {
    const std::string code = reason.message().empty() ? "" : " (" + reason.code() + ")";
    add(facts, &reason == &disk.reasons(0) ? "Why" : "",
        reason.message().empty() ? reason.code() : reason.message() + code);
  }
  for (const v1::DiskReason& doubt : disk.doubts()) {
    add(facts, &doubt == &disk.doubts(0) ? "Doubt" : "",
        doubt.message() + " (" + doubt.code() + ")", Tone::Warning);
  }
  if (disk.probed()) {
    add(facts, "Read", humane_when(disk.probe_time(), now));
  } else {
    add(facts, "Read", disk.probe_error().empty() ? "no" : "no: " + disk.probe_error(),
        Tone::Warning);
  }
  return facts;
}

Table use_table(const v1::Disk& disk) {
  Table table;
  table.columns = {{"USE"}, {"WHERE", Fit::Cut}, {"DEVICE"}};
  for (const v1::DiskUse& use : disk.uses()) {
    table.rows.push_back({{use.kind()}, {use.target()}, {use.via()}});
  }
  return table;
}

std::string confidence_text(v1::Confidence confidence) {
  switch (confidence) {
    case v1::CONFIDENCE_MAGIC:
      return "magic alone";
    case v1::CONFIDENCE_PLAUSIBLE:
      return "plausible";
    case v1::CONFIDENCE_CHECKED:
      return "checksum right";
    default:
      return "-";
  }
}

Table signature_table(const v1::Disk& disk) {
  Table table;
  table.columns = {{"SIGNATURE"},       {"BYTE", Fit::Whole, true}, {"DEVICE"},
                   {"OWNER"},           {"CONFIDENCE", Fit::Drop},  {"USAGE", Fit::Drop},
                   {"LABEL", Fit::Cut}, {"UUID", Fit::Cut}};
  for (const v1::Signature& found : disk.signatures()) {
    table.rows.push_back({{found.type()},
                          {std::to_string(found.offset_bytes())},
                          {or_dash(found.device())},
                          {or_dash(found.owner())},
                          {confidence_text(found.confidence())},
                          {or_dash(found.usage())},
                          {or_dash(found.label())},
                          {or_dash(found.uuid()), Tone::Dim}});
  }
  return table;
}

Table partition_table(const v1::Disk& disk) {
  Table table;
  table.columns = {
      {"PARTITION"}, {"BEGINS", Fit::Whole, true}, {"SIZE", Fit::Whole, true}, {"TYPE", Fit::Cut}};
  for (const v1::Partition& partition : disk.partitions()) {
    table.rows.push_back({{partition.name()},
                          {std::to_string(partition.start_bytes())},
                          {humane_size(partition.size_bytes())},
                          {or_dash(partition.type())}});
  }
  return table;
}

std::string number_text(double number) {
  return std::to_string(
      static_cast<std::int64_t>(number));  // none of them has a use for a fraction
}

std::string bytes_text(double number) {
  constexpr double kLargest = 1.8e19;  // what a uint64 holds
  return humane_size(static_cast<std::uint64_t>(std::clamp(number, 0.0, kLargest)));
}

Facts health_facts(const v1::DiskHealth& health, const Cell& state, WallTime now) {
  Facts facts;
  facts.facts.push_back({"Health", state});
  for (int index = 1; index < health.reasons_size(); ++index) {
    add(facts, "", health.reasons(index).message());
  }
  if (health.has_read_time()) add(facts, "Asked", humane_when(health.read_time(), now));
  if (health.has_passed()) add(facts, "Own verdict", health.passed() ? "passed" : "FAILED");
  if (health.has_self_test_passed()) {
    add(facts, "Self-test", health.self_test_passed() ? "passed" : "FAILED");
  }
  if (health.has_temperature_celsius()) {
    const std::string limit = health.has_temperature_limit_celsius()
                                  ? ", its limit " + number_text(health.temperature_limit_celsius())
                                  : "";
    add(facts, "Temperature", number_text(health.temperature_celsius()) + " Celsius" + limit);
  }
  if (health.has_power_on_hours()) {
    const std::chrono::seconds on(static_cast<std::int64_t>(health.power_on_hours()) * 3600);
    add(facts, "Powered on", humane_duration(on));
  }
  const auto count = [&facts](const char* label, bool has, double number, const char* unit = "") {
    if (has) add(facts, label, number_text(number) + unit);
  };
  count("Power cycles", health.has_power_cycles(), health.power_cycles());
  count("Wear", health.has_wear_percent(), health.wear_percent(), " %");
  count("Spare", health.has_spare_percent(), health.spare_percent(), " %");
  count("Spare limit", health.has_spare_threshold_percent(), health.spare_threshold_percent(),
        " %");
  count("Warning bits", health.has_critical_warning(), health.critical_warning());
  count("Reallocated", health.has_reallocated_sectors(), health.reallocated_sectors(), " sectors");
  count("Pending", health.has_pending_sectors(), health.pending_sectors(), " sectors");
  count("Uncorrectable", health.has_uncorrectable_sectors(), health.uncorrectable_sectors(),
        " sectors");
  count("Media errors", health.has_media_errors(), health.media_errors());
  count("Link errors", health.has_link_errors(), health.link_errors());
  count("Error log", health.has_error_log_entries(), health.error_log_entries(), " entries");
  if (health.has_read_bytes()) add(facts, "Has read", bytes_text(health.read_bytes()));
  if (health.has_written_bytes()) add(facts, "Has written", bytes_text(health.written_bytes()));
  return facts;
}

}  // namespace

Cell disk_class_cell(v1::DiskClass disk_class) {
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

std::string reasons_text(const google::protobuf::RepeatedPtrField<v1::DiskReason>& reasons) {
  std::string text;
  for (const v1::DiskReason& reason : reasons) {
    text +=
        (text.empty() ? "" : "; ") + (reason.message().empty() ? reason.code() : reason.message());
  }
  return or_dash(text);
}

const v1::Disk* find_disk(const v1::ListDisksResponse& disks, const std::string& name) {
  const auto found = std::ranges::find_if(disks.disks(), [&name](const v1::Disk& disk) {
    return disk.name() == name || (!disk.id().empty() && disk.id() == name);
  });
  return found == disks.disks().end() ? nullptr : &*found;
}

Page disk_page(const v1::Disk& disk, WallTime now) {
  Page page{{{"", identity_facts(disk, now)}}};
  if (!disk.uses().empty()) page.sections.push_back({"", use_table(disk)});
  if (!disk.signatures().empty()) page.sections.push_back({"", signature_table(disk)});
  if (!disk.partitions().empty()) page.sections.push_back({"", partition_table(disk)});
  if (disk.has_health()) {
    page.sections.push_back({"", health_facts(disk.health(), health_cell(disk), now)});
  }
  return page;
}

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
           disk_class_cell(disk.class_()),
           {humane_size(disk.size_bytes())},
           {type_text(disk)},
           health_cell(disk),
           {or_dash(disk.model())},
           {or_dash(disk.id()), Tone::Dim},
           {why_text(disk)}};
    if (with_ages) {
      row.insert(row.begin() + kAgeColumn, {humane_age(disk.probe_time(), now), Tone::Dim});
    }
  }
  return table;
}

}  // namespace joist::ctl
