#include "disk/udev_record.h"

#include <libudev.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <memory>

namespace joist::disk {
namespace {

struct UdevDeleter {
  void operator()(udev* context) const { ::udev_unref(context); }
  void operator()(udev_device* device) const { ::udev_device_unref(device); }
};

UdevRecord ask_libudev(DeviceNumber number) {
  UdevRecord record;
  const std::unique_ptr<udev, UdevDeleter> context(::udev_new());
  if (!context) return record;
  const std::unique_ptr<udev_device, UdevDeleter> device(
      ::udev_device_new_from_devnum(context.get(), 'b', makedev(number.major, number.minor)));
  if (!device || ::udev_device_get_is_initialized(device.get()) == 0) return record;

  udev_list_entry* entry = ::udev_device_get_properties_list_entry(device.get());
  for (; entry != nullptr; entry = ::udev_list_entry_get_next(entry)) {
    const char* value = ::udev_list_entry_get_value(entry);
    record.properties[::udev_list_entry_get_name(entry)] = value == nullptr ? "" : value;
  }
  entry = ::udev_device_get_devlinks_list_entry(device.get());
  for (; entry != nullptr; entry = ::udev_list_entry_get_next(entry)) {
    record.links.emplace_back(::udev_list_entry_get_name(entry));
  }
  std::ranges::sort(record.links);
  return record;
}

}  // namespace

const std::string& UdevRecord::property(const std::string& name) const {
  static const std::string none;
  const auto found = properties.find(name);
  return found == properties.end() ? none : found->second;
}

UdevRecord parse_udev_data(std::string_view text) {
  UdevRecord record;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with("S:")) {
      record.links.push_back("/dev/" + std::string(line.substr(2)));
    } else if (line.starts_with("E:")) {
      const auto equals = line.find('=');
      if (equals == std::string_view::npos) continue;
      record.properties[std::string(line.substr(2, equals - 2))] = line.substr(equals + 1);
    }
  }
  std::ranges::sort(record.links);
  return record;
}

UdevRecord read_udev_record(const SysRoot& root, DeviceNumber device) {
  if (root.resolve("/") == "/") return ask_libudev(device);
  const auto text = root.read("/run/udev/data/b" + std::to_string(device.major) + ":" +
                              std::to_string(device.minor));
  return text ? parse_udev_data(*text) : UdevRecord{};
}

}  // namespace joist::disk
