#include "collectors/hardware/pci_names.h"

#include <algorithm>

#include "collectors/attribute_samples.h"
#include "collectors/fields.h"

namespace joist::collectors {
namespace {

// The key of each level above, for the line that is read: vendor, vendor:device.
struct Above {
  bool in_classes = false;
  std::string first;
  std::string second;
};

std::string key_of(std::size_t level, std::string id, Above& above) {
  const std::string separator = above.in_classes ? "" : ":";
  if (level == 0) return above.first = std::move(id);
  if (level == 1) return above.second = above.first + separator + id;
  if (!above.in_classes) std::ranges::replace(id, ' ', ':');
  return above.second + separator + id;
}

struct Keys {
  explicit Keys(const PciIds& ids)
      : model(ids.vendor + ":" + ids.device),
        variant(model + ":" + ids.subsystem_vendor + ":" + ids.subsystem_device),
        kind("C" + ids.device_class) {}

  std::string model;
  std::string variant;
  std::string kind;
};

constexpr std::size_t kBaseClass = 3;  // "C01"
constexpr std::size_t kSubclass = 5;   // "C0108"

}  // namespace

bool want_pci_names(const PciIds& ids, PciNames& names) {
  const Keys keys(ids);
  bool any = false;
  for (const std::string& key :
       {ids.vendor, ids.subsystem_vendor, keys.model, keys.variant, keys.kind,
        keys.kind.substr(0, kSubclass), keys.kind.substr(0, kBaseClass)}) {
    any |= names.try_emplace(key).second;
  }
  return any;
}

PciDeviceNames name_pci_device(const PciIds& ids, const PciNames& names) {
  const Keys keys(ids);
  const auto named = [&](std::string_view key, const std::string& otherwise) {
    const auto found = names.find(key);
    return found == names.end() || found->second.empty() ? otherwise : found->second;
  };
  const std::string_view kind = keys.kind;
  std::string class_name =
      named(kind.substr(0, kBaseClass), "Unknown class (" + ids.device_class + ")");
  class_name = named(kind.substr(0, kSubclass), class_name);
  return {.device_class = named(kind, class_name),
          .vendor = named(ids.vendor, ids.vendor),
          .device = named(keys.model, ids.device),
          .subsystem_vendor = named(ids.subsystem_vendor, ids.subsystem_vendor),
          .subsystem_device = named(keys.variant, ids.subsystem_device)};
}

void fill_pci_names(std::string_view ids, PciNames& names) {
  Above above;
  Lines lines(ids);
  for (std::string_view line; lines.next(line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t level = std::min(line.find_first_not_of('\t'), line.size());
    line.remove_prefix(level);
    const auto gap = line.find("  ");
    if (level > 2 || gap == line.npos) continue;
    std::string id(trimmed(line.substr(0, gap)));
    if (level == 0) {
      above.in_classes = line.starts_with("C ");
      if (above.in_classes) std::erase(id, ' ');
    }
    const auto wanted = names.find(key_of(level, std::move(id), above));
    if (wanted != names.end()) wanted->second = trimmed(line.substr(gap));
  }
}

}  // namespace joist::collectors
