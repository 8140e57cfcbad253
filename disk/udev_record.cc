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

UdevRecord to_record(const UdevData& data) {
  UdevRecord record;
  for (const auto& [key, value] : data.properties) record.properties[key] = value;
  for (const std::string& link : data.links) record.links.push_back("/dev/" + link);
  std::ranges::sort(record.links);
  return record;
}

UdevRecord read_udev_record(const SysRoot& root, DeviceNumber device) {
  if (root.resolve("/") == "/") return ask_libudev(device);
  const auto text = root.read("/run/udev/data/b" + std::to_string(device.major) + ":" +
                              std::to_string(device.minor));
  return text ? to_record(parse_udev_data(*text)) : UdevRecord{};
}

}  // namespace joist::disk
