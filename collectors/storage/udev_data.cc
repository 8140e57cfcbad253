#include "collectors/storage/udev_data.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/udev_data.h"

namespace joist::collectors {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

}  // namespace

std::string_view find_property(const UdevProperties& properties, std::string_view key) {
  const auto found =
      std::ranges::find(properties, key, [](const auto& p) { return std::string_view(p.first); });
  return found == properties.end() ? std::string_view() : std::string_view(found->second);
}

UdevRecord::UdevRecord(const SysRoot& udev_data, unsigned major, unsigned minor)
    : root_(udev_data),
      name_("b" + std::to_string(major) + ":" + std::to_string(minor)),
      path_(root_.resolve(name_).string()) {}

bool UdevRecord::refresh() {
  struct stat status {};
  Version version;
  if (::stat(path_.c_str(), &status) == 0) {
    version = {status.st_ino,
               status.st_mtim.tv_sec * kNanosecondsPerSecond + status.st_mtim.tv_nsec};
  }
  if (read_once_ && version == version_) return false;

  read_once_ = true;
  version_ = version;
  const auto text = root_.read(name_);
  properties_ = text ? parse_udev_data(*text).properties : UdevProperties();
  return true;
}

}  // namespace joist::collectors
