#include "collectors/hardware/pcidevice.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

using MetricType::Gauge;

constexpr FamilyText kInfo{
    "node_pcidevice_info",
    "Non-numeric data from /sys/bus/pci/devices/<location>, value is always 1.", Gauge};
constexpr FamilyText kPowerState{
    "node_pcidevice_power_state",
    "PCIe device power state, one of: D0, D1, D2, D3hot, D3cold, unknown or error.", Gauge};
constexpr FamilyText kNumaNode{
    "node_pcidevice_numa_node",
    "NUMA node number for the PCI device. -1 indicates unknown or not available.", Gauge};

struct Figure {
  std::string_view attribute;
  FamilyText family;
  AttributeSamples::Parse parse;
  double absent;  // shown where there is no such attribute
  bool moves;
};

std::optional<double> parse_flag(std::string_view text) {
  const auto value = parse_whole_number(text);
  if (!value) return std::nullopt;
  return *value != 0 ? 1 : 0;
}

constexpr Figure kFigures[] = {
    {"max_link_speed",
     {"node_pcidevice_max_link_transfers_per_second",
      "Value of maximum link's transfers per second (T/s)", Gauge},
     parse_pci_link_speed,
     -1,
     false},
    {"max_link_width",
     {"node_pcidevice_max_link_width", "Value of maximum link's width (number of lanes)", Gauge},
     parse_pci_link_width,
     -1,
     false},
    {"current_link_speed",
     {"node_pcidevice_current_link_transfers_per_second",
      "Value of current link's transfers per second (T/s)", Gauge},
     parse_pci_link_speed,
     -1,
     true},
    {"current_link_width",
     {"node_pcidevice_current_link_width", "Value of current link's width (number of lanes)",
      Gauge},
     parse_pci_link_width,
     -1,
     true},
    {"d3cold_allowed",
     {"node_pcidevice_d3cold_allowed", "Whether the PCIe device supports D3cold power state (0/1).",
      Gauge},
     parse_flag,
     0,
     false},
    {"sriov_drivers_autoprobe",
     {"node_pcidevice_sriov_drivers_autoprobe",
      "Whether SR-IOV drivers autoprobe is enabled for the device (0/1).", Gauge},
     parse_flag,
     0,
     false},
    {"sriov_numvfs",
     {"node_pcidevice_sriov_numvfs",
      "Number of Virtual Functions (VFs) currently enabled for SR-IOV.", Gauge},
     parse_whole_number,
     0,
     true},
    {"sriov_totalvfs",
     {"node_pcidevice_sriov_totalvfs",
      "Total number of Virtual Functions (VFs) supported by the device.", Gauge},
     parse_whole_number,
     0,
     false},
    {"sriov_vf_total_msix",
     {"node_pcidevice_sriov_vf_total_msix", "Total number of MSI-X vectors for Virtual Functions.",
      Gauge},
     parse_whole_number,
     0,
     false},
};

constexpr std::string_view kPowerStates[] = {"D0",     "D1",      "D2",   "D3hot",
                                             "D3cold", "unknown", "error"};

constexpr std::string_view kIdsPaths[] = {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"};

std::string hexadecimal(std::uint32_t value, int digits) {
  char text[16];
  const int length = std::snprintf(text, sizeof text, "%0*x", digits, value);
  return {text, static_cast<std::size_t>(length)};
}

std::optional<std::uint32_t> parse_hexadecimal(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The digits of "0x8086".
std::string id_in(const DeviceSheet& sheet, const std::string& path, int digits) {
  const auto text = sheet.text(path);
  const bool prefixed = text && text->starts_with("0x");
  const auto value = prefixed ? parse_hexadecimal(std::string_view(*text).substr(2)) : std::nullopt;
  return hexadecimal(value.value_or(0), digits);
}

PciIds ids_of(const DeviceSheet& sheet, const std::string& path) {
  return {.device_class = id_in(sheet, path + "/class", 6),
          .vendor = id_in(sheet, path + "/vendor", 4),
          .device = id_in(sheet, path + "/device", 4),
          .subsystem_vendor = id_in(sheet, path + "/subsystem_vendor", 4),
          .subsystem_device = id_in(sheet, path + "/subsystem_device", 4)};
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);
}

// What a link of the bus leads to lies in the directory of the device above.
std::optional<PciLocation> parent_in(std::string_view link) {
  const auto slash = link.find_last_of('/');
  if (slash == link.npos) return std::nullopt;
  return parse_pci_location(base_name(link.substr(0, slash)));
}

bool is_unknown(std::string_view text) { return text.empty() || text.starts_with("Unknown"); }

}  // namespace

std::optional<PciLocation> parse_pci_location(std::string_view text) {
  std::array<std::uint32_t, 4> parts{};
  constexpr std::string_view kEnds = "::.";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto end = i < kEnds.size() ? text.find(kEnds[i]) : text.size();
    if (end == text.npos) return std::nullopt;
    const auto part = parse_hexadecimal(text.substr(0, end));
    if (!part) return std::nullopt;
    parts[i] = *part;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return PciLocation{parts[0], parts[1], parts[2], parts[3]};
}

std::optional<double> parse_pci_link_speed(std::string_view text) {
  if (is_unknown(text)) return -1;
  Fields fields(text);
  const auto value = parse_number<double>(fields.next());
  if (!value || fields.next() != "GT/s") return std::nullopt;
  return *value * 1e9;
}

std::optional<double> parse_pci_link_width(std::string_view text) {
  if (is_unknown(text)) return -1;
  return parse_whole_number(text);
}

Made PcideviceCollector::make(const Roots& roots, const Settings& settings) {
  return std::make_unique<PcideviceCollector>(
      roots, settings.is_on("collector.pcidevice.names"),
      std::string(settings.text("collector.pcidevice.idsfile")));
}

PcideviceCollector::PcideviceCollector(const Roots& roots, bool with_names, std::string ids_path)
    : DeviceCollector(roots, "/bus/pci/devices", Absent::Fails),
      with_names_(with_names),
      ids_path_(std::move(ids_path)) {}

void PcideviceCollector::begin(const DeviceSheet& sheet, const std::vector<std::string>& paths) {
  if (!with_names_) return;
  bool any = false;
  for (const std::string& path : paths) any |= want_pci_names(ids_of(sheet, path), names_);
  if (!any) return;
  const SysRoot root("/");
  for (const std::string_view usual : kIdsPaths) {
    const auto text = root.read(ids_path_.empty() ? usual : std::string_view(ids_path_));
    if (!text) continue;
    fill_pci_names(*text, names_);
    return;
  }
}

void PcideviceCollector::add_names(AttributeLabels& info, const PciIds& ids) const {
  const PciDeviceNames names = name_pci_device(ids, names_);
  info.add("class_name", names.device_class);
  info.add("device_name", names.device);
  info.add("subsystem_device_name", names.subsystem_device);
  info.add("subsystem_vendor_name", names.subsystem_vendor);
  info.add("vendor_name", names.vendor);
}

Result<void> PcideviceCollector::meet(DeviceSheet& sheet, const std::string& name,
                                      const std::string& path) {
  const auto location = parse_pci_location(name);
  if (!location) return {};
  const std::string segment = hexadecimal(location->segment, 4);
  const std::string bus = hexadecimal(location->bus, 2);
  const std::string device = hexadecimal(location->device, 2);
  const std::string function = hexadecimal(location->function, 1);

  const PciIds ids = ids_of(sheet, path);
  const auto link = sheet.root().read_link(path);
  const auto parent = link ? parent_in(*link) : std::nullopt;

  AttributeLabels info;
  info.add("segment", segment);
  info.add("bus", bus);
  info.add("device", device);
  info.add("function", function);
  info.add("parent_segment", parent ? hexadecimal(parent->segment, 4) : "*");
  info.add("parent_bus", parent ? hexadecimal(parent->bus, 2) : "*");
  info.add("parent_device", parent ? hexadecimal(parent->device, 2) : "*");
  info.add("parent_function", parent ? hexadecimal(parent->function, 1) : "*");
  info.add("class_id", "0x" + ids.device_class);
  info.add("vendor_id", "0x" + ids.vendor);
  info.add("device_id", "0x" + ids.device);
  info.add("subsystem_vendor_id", "0x" + ids.subsystem_vendor);
  info.add("subsystem_device_id", "0x" + ids.subsystem_device);
  info.add("revision", "0x" + id_in(sheet, path + "/revision", 2));
  if (with_names_) add_names(info, ids);
  sheet.tell(kInfo, std::move(info));

  const Labels labels{
      {"bus", bus}, {"device", device}, {"function", function}, {"segment", segment}};
  for (const Figure& figure : kFigures) {
    const std::string file = path + "/" + std::string(figure.attribute);
    const bool shown = figure.moves ? sheet.follow(figure.family, labels, file, figure.parse)
                                    : sheet.read_once(figure.family, labels, file, figure.parse);
    if (!shown) sheet.fix(figure.family, labels, figure.absent);
  }
  if (const auto node = sheet.text(path + "/numa_node"); node && *node != "-1") {
    sheet.read_once(kNumaNode, labels, path + "/numa_node", parse_whole_number);
  }
  sheet.follow_state(
      kPowerState, {{"bus", bus}, {"device", device}, {"function", function}, {"segment", segment}},
      "state", kPowerStates, path + "/power_state");
  return {};
}

}  // namespace joist::collectors
