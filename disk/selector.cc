#include "disk/selector.h"

#include <fnmatch.h>

#include <algorithm>

namespace joist::disk {
namespace {

using Texts = google::protobuf::RepeatedPtrField<std::string>;

bool has(const Texts& texts, const std::string& text) {
  return std::ranges::find(texts, text) != texts.end();
}

bool any_matches(const Texts& patterns, const std::string& text) {
  return std::ranges::any_of(patterns, [&text](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
  });
}

// "/dev/disk/by-path/pci-0000:3b:00.0-nvme-1" -> "pci-0000:3b:00.0-nvme-1".
bool any_path_matches(const Texts& patterns, const std::vector<std::string>& links) {
  return std::ranges::any_of(links, [&patterns](const std::string& link) {
    return any_matches(patterns, link.substr(link.rfind('/') + 1));
  });
}

bool size_fits(const v1::DiskSelector& selector, std::uint64_t size_bytes) {
  return size_bytes >= selector.size_min_bytes() &&
         (selector.size_max_bytes() == 0 || size_bytes <= selector.size_max_bytes());
}

bool rotation_fits(v1::Rotation rotation, bool rotational) {
  if (rotation == v1::ROTATION_ROTATING) return rotational;
  return rotation != v1::ROTATION_SOLID || !rotational;
}

}  // namespace

bool selects(const v1::DiskSelector& selector, const Disk& disk) {
  return (selector.ids().empty() || has(selector.ids(), disk.id)) &&
         (selector.paths().empty() || any_path_matches(selector.paths(), disk.by_path)) &&
         (selector.models().empty() || any_matches(selector.models(), disk.model)) &&
         (selector.transports().empty() || has(selector.transports(), disk.transport)) &&
         rotation_fits(selector.rotation(), disk.rotational) &&
         size_fits(selector, disk.size_bytes);
}

bool may_select(const v1::DiskSelector& selector, const Disk& disk) {
  // As udev links the first namespace of a controller, once it has the kernel's driver again.
  const std::string link = "pci-" + disk.name + "-nvme-1";
  return disk.kind == v1::DISK_KIND_USER_SPACE && selector.ids().empty() &&
         (selector.paths().empty() || any_matches(selector.paths(), link)) &&
         (selector.transports().empty() || has(selector.transports(), disk.transport)) &&
         rotation_fits(selector.rotation(), disk.rotational);
}

}  // namespace joist::disk
