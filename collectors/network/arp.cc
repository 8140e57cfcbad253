#include "collectors/network/arp.h"

#include <algorithm>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr int kColumns = 6;
constexpr std::size_t kDevicesKept = 4096;  // of interfaces that came and went

}  // namespace

std::string_view parse_arp_line(std::string_view line) {
  Fields fields(line);
  std::string_view last;
  int columns = 0;
  for (auto field = fields.next(); !field.empty(); field = fields.next()) {
    if (columns == 0 && field == "IP") return {};  // the header
    last = field;
    ++columns;
  }
  return columns == kColumns ? last : std::string_view();
}

Made ArpCollector::make(const Roots& roots, const Settings& settings) {
  auto filter = settings.devices("collector.arp.device");
  if (!filter) return tl::unexpected<Error>(filter.error());
  return std::make_unique<ArpCollector>(roots, std::move(*filter));
}

ArpCollector::ArpCollector(const Roots& roots, DeviceFilter filter)
    : file_(roots.proc(), "net/arp", ProcFile::Shape::ShortRecords, 16384),
      filter_(std::move(filter)),
      entries_("node_arp_entries", "ARP entries by device", MetricType::Gauge) {}

ArpCollector::Device& ArpCollector::find(std::string_view name) {
  const auto found = std::ranges::find(devices_, name, &Device::name);
  if (found != devices_.end()) return *found;
  devices_.push_back({std::string(name), filter_.leaves_out(name), Labels{{"device", name}}, 0});
  return devices_.back();
}

Result<void> ArpCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());
  if (devices_.size() > kDevicesKept) devices_.clear();
  for (Device& device : devices_) device.entries = 0;
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    const std::string_view device = parse_arp_line(line);
    if (!device.empty()) {
      ++find(device).entries;
    } else if (!line.starts_with("IP")) {
      malformed_.report(file_.path(), line);
    }
  }
  page.begin(entries_);
  for (const Device& device : devices_) {
    if (device.entries > 0 && !device.excluded) page.sample(device.labels, device.entries);
  }
  return {};
}

}  // namespace joist::collectors
