#include "collectors/hardware/edac.h"

#include <algorithm>

namespace joist::collectors {
namespace {

using MetricType::Counter;

constexpr FamilyText kCorrected{"node_edac_correctable_errors_total",
                                "Total correctable memory errors.", Counter};
constexpr FamilyText kUncorrected{"node_edac_uncorrectable_errors_total",
                                  "Total uncorrectable memory errors.", Counter};
constexpr FamilyText kRowCorrected{"node_edac_csrow_correctable_errors_total",
                                   "Total correctable memory errors for this csrow.", Counter};
constexpr FamilyText kRowUncorrected{"node_edac_csrow_uncorrectable_errors_total",
                                     "Total uncorrectable memory errors for this csrow.", Counter};
constexpr FamilyText kChannelCorrected{"node_edac_channel_correctable_errors_total",
                                       "Total correctable memory errors for this channel.",
                                       Counter};
constexpr FamilyText kChannelUncorrected{"node_edac_channel_uncorrectable_errors_total",
                                         "Total uncorrectable memory errors for this channel.",
                                         Counter};

// The digits after the prefix: "mc0" is 0. Empty: another kind of name.
std::string_view number_after(std::string_view prefix, std::string_view name) {
  if (!name.starts_with(prefix)) return {};
  name.remove_prefix(prefix.size());
  return name.substr(0, std::min(name.find_first_not_of("0123456789"), name.size()));
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::optional<std::string_view> parse_edac_channel(std::string_view name) {
  const std::string_view number = number_after("ch", name);
  if (number.empty() || name.substr(2 + number.size()) != "_ce_count") return std::nullopt;
  return number;
}

std::string edac_dimm_label(std::string_view text) {
  std::string label(text);
  std::erase(label, '#');
  replace_all(label, "csrow", "_csrow");
  replace_all(label, "channel", "_channel");
  return label;
}

EdacCollector::EdacCollector(const Roots& roots)
    : DeviceCollector(roots, "/devices/system/edac/mc", Absent::Succeeds) {}

Result<void> EdacCollector::meet(DeviceSheet& sheet, const std::string& name,
                                 const std::string& path) {
  const std::string_view controller = number_after("mc", name);
  if (controller.empty()) return {};
  const Labels own{{"controller", controller}};
  const Labels unknown{{"controller", controller}, {"csrow", "unknown"}};
  sheet.follow(kCorrected, own, path + "/ce_count", parse_whole_number);
  sheet.follow(kUncorrected, own, path + "/ue_count", parse_whole_number);
  sheet.follow(kRowCorrected, unknown, path + "/ce_noinfo_count", parse_whole_number);
  sheet.follow(kRowUncorrected, unknown, path + "/ue_noinfo_count", parse_whole_number);
  const auto names = sheet.root().list(path);
  if (!names) return {};
  for (const std::string& row : *names) {
    if (const auto number = number_after("csrow", row); !number.empty()) {
      meet_row(sheet, controller, number, path + "/" + row);
    }
  }
  return {};
}

void EdacCollector::meet_row(DeviceSheet& sheet, std::string_view controller, std::string_view row,
                             const std::string& path) {
  const Labels labels{{"controller", controller}, {"csrow", row}};
  sheet.follow(kRowCorrected, labels, path + "/ce_count", parse_whole_number);
  sheet.follow(kRowUncorrected, labels, path + "/ue_count", parse_whole_number);
  const auto names = sheet.root().list(path);
  if (!names) return;
  for (const std::string& name : *names) {
    const auto channel = parse_edac_channel(name);
    if (!channel) continue;
    const std::string prefix = path + "/ch" + std::string(*channel);
    const auto dimm = sheet.text(prefix + "_dimm_label");
    const Labels own{{"channel", *channel},
                     {"controller", controller},
                     {"csrow", row},
                     {"dimm_label", dimm ? edac_dimm_label(*dimm) : "unknown"}};
    sheet.follow(kChannelCorrected, own, prefix + "_ce_count", parse_whole_number);
    sheet.follow(kChannelUncorrected, own, prefix + "_ue_count", parse_whole_number);
  }
}

}  // namespace joist::collectors
