#include "collectors/hardware/nvme.h"

#include <algorithm>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

using MetricType::Gauge;

constexpr FamilyText kInfo{
    "node_nvme_info", "Non-numeric data from /sys/class/nvme/<device>, value is always 1.", Gauge};
constexpr FamilyText kNamespace{"node_nvme_namespace_info",
                                "Information about NVMe namespaces. Value is always 1", Gauge};
constexpr FamilyText kCapacity{
    "node_nvme_namespace_capacity_bytes",
    "Capacity of the NVMe namespace in bytes. Computed as namespace_size * "
    "namespace_logical_block_size",
    Gauge};
constexpr FamilyText kSize{
    "node_nvme_namespace_size_bytes",
    "Size of the NVMe namespace in bytes. Available in /sys/class/nvme/<device>/<namespace>/size",
    Gauge};
constexpr FamilyText kUsed{"node_nvme_namespace_used_bytes",
                           "Used space of the NVMe namespace in bytes. Available in "
                           "/sys/class/nvme/<device>/<namespace>/nuse",
                           Gauge};
constexpr FamilyText kBlockSize{
    "node_nvme_namespace_logical_block_size_bytes",
    "Logical block size of the NVMe namespace in bytes. Usually 4Kb. Available in "
    "/sys/class/nvme/<device>/<namespace>/queue/logical_block_size",
    Gauge};

// Takes `prefix` and the digits after it off the front; false if they are not there.
bool take_number(std::string_view& text, std::string_view prefix, std::string_view& digits) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  digits = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
  text.remove_prefix(digits.size());
  return !digits.empty();
}

double number_in(const DeviceSheet& sheet, const std::string& path) {
  const auto text = sheet.text(path);
  return text ? parse_whole_number(*text).value_or(0) : 0;
}

}  // namespace

std::optional<std::string_view> parse_nvme_path(std::string_view name) {
  std::string_view subsystem;
  std::string_view controller;
  std::string_view id;
  const bool matches = take_number(name, "nvme", subsystem) && take_number(name, "c", controller) &&
                       take_number(name, "n", id) && name.empty();
  if (!matches) return std::nullopt;
  return id;
}

NvmeCollector::NvmeCollector(const Roots& roots)
    : DeviceCollector(roots, "/class/nvme", Absent::Fails) {}

Result<void> NvmeCollector::meet(DeviceSheet& sheet, const std::string& name,
                                 const std::string& path) {
  AttributeLabels info;
  info.add("cntlid", sheet.text(path + "/cntlid").value_or(""));
  info.add("device", name);
  info.add("firmware_revision", sheet.text(path + "/firmware_rev").value_or(""));
  info.add("model", sheet.text(path + "/model").value_or(""));
  info.add("serial", sheet.text(path + "/serial").value_or(""));
  info.add(sheet.root(), "state", path + "/state");
  sheet.tell(kInfo, std::move(info));

  const auto names = sheet.root().list(path);
  if (!names) return {};
  for (const std::string& below : *names) {
    if (const auto id = parse_nvme_path(below)) {
      meet_namespace(sheet, name, *id, path + "/" + below);
    }
  }
  return {};
}

void NvmeCollector::meet_namespace(DeviceSheet& sheet, const std::string& device,
                                   std::string_view id, const std::string& path) {
  AttributeLabels info;
  if (sheet.root().exists(path + "/ana_state")) {
    info.add(sheet.root(), "ana_state", path + "/ana_state");
  } else {
    info.add("ana_state", "unknown");
  }
  info.add("device", device);
  info.add("nsid", id);
  sheet.tell(kNamespace, std::move(info));

  const Labels labels{{"device", device}, {"nsid", id}};
  const double block_bytes = number_in(sheet, path + "/queue/logical_block_size");
  const double size_bytes = number_in(sheet, path + "/size") * block_bytes;
  sheet.fix(kCapacity, labels, size_bytes);
  sheet.fix(kSize, labels, size_bytes);
  // Newer kernels ask the device for it: once a minute will do.
  sheet.fix(kUsed, labels, number_in(sheet, path + "/nuse") * block_bytes);
  sheet.fix(kBlockSize, labels, block_bytes);
}

}  // namespace joist::collectors
