#include "collectors/hardware/dmi.h"

#include <utility>

namespace joist::collectors {
namespace {

struct Text {
  std::string_view label;
  std::string_view file;
};

// By label.
constexpr Text kTexts[] = {
    {"bios_date", "bios_date"},
    {"bios_release", "bios_release"},
    {"bios_vendor", "bios_vendor"},
    {"bios_version", "bios_version"},
    {"board_asset_tag", "board_asset_tag"},
    {"board_name", "board_name"},
    {"board_serial", "board_serial"},
    {"board_vendor", "board_vendor"},
    {"board_version", "board_version"},
    {"chassis_asset_tag", "chassis_asset_tag"},
    {"chassis_serial", "chassis_serial"},
    {"chassis_vendor", "chassis_vendor"},
    {"chassis_version", "chassis_version"},
    {"product_family", "product_family"},
    {"product_name", "product_name"},
    {"product_serial", "product_serial"},
    {"product_sku", "product_sku"},
    {"product_uuid", "product_uuid"},
    {"product_version", "product_version"},
    {"system_vendor", "sys_vendor"},
};

std::optional<Labels> read_labels(const SysRoot& sys) {
  std::vector<std::pair<std::string_view, std::string>> texts;
  for (const auto& [label, file] : kTexts) {
    if (auto text = sys.read_line("/class/dmi/id/" + std::string(file))) {
      texts.emplace_back(label, std::move(*text));
    }
  }
  if (texts.empty()) return std::nullopt;
  std::vector<std::pair<std::string_view, std::string_view>> labels(texts.begin(), texts.end());
  return Labels(std::span<const std::pair<std::string_view, std::string_view>>(labels));
}

}  // namespace

DmiCollector::DmiCollector(const Roots& roots)
    : sys_(roots.sys()),
      info_("node_dmi_info",
            "A metric with a constant '1' value labeled by bios_date, bios_release, bios_vendor, "
            "bios_version, board_asset_tag, board_name, board_serial, board_vendor, board_version, "
            "chassis_asset_tag, chassis_serial, chassis_vendor, chassis_version, product_family, "
            "product_name, product_serial, product_sku, product_uuid, product_version, "
            "system_vendor if provided by DMI.",
            MetricType::Gauge) {}

Result<void> DmiCollector::collect(Exposition& page) {
  if (!read_) {
    labels_ = read_labels(sys_);
    read_ = true;
  }
  if (!labels_) return fail(ErrorCode::NotFound, "no DMI");
  page.begin(info_);
  page.sample(*labels_, 1U);
  return {};
}

}  // namespace joist::collectors
