#include "collectors/storage/udev_data.h"

#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "base/udev_data.h"

namespace joist::collectors {
namespace {

// File systems note changes in steps: what changed a moment ago may change again and look the same.
constexpr std::int64_t kSettledNs = 2'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::string_view find_property(const UdevProperties& properties, std::string_view key) {
  const auto found =
      std::ranges::find(properties, key, [](const auto& p) { return std::string_view(p.first); });
  return found == properties.end() ? std::string_view() : std::string_view(found->second);
}

UdevDirectory::UdevDirectory(const SysRoot& udev_data) : path_(udev_data.resolve("").string()) {}

bool UdevDirectory::may_have_changed() {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return std::exchange(modified_ns_, {}).has_value();
  const std::int64_t now_ns = nanoseconds(status.st_mtim);
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t age_ns = nanoseconds(now) - now_ns;
  const bool settled = age_ns > kSettledNs || age_ns < -kSettledNs;
  return std::exchange(modified_ns_, now_ns) != now_ns || !settled;
}

UdevRecord::UdevRecord(const SysRoot& udev_data, unsigned major, unsigned minor)
    : root_(udev_data),
      name_("b" + std::to_string(major) + ":" + std::to_string(minor)),
      path_(root_.resolve(name_).string()) {}

bool UdevRecord::refresh() {
  struct stat status {};
  Version version;
  if (::stat(path_.c_str(), &status) == 0) {
    version = {status.st_ino, nanoseconds(status.st_mtim)};
  }
  if (read_once_ && version == version_) return false;

  read_once_ = true;
  version_ = version;
  const auto text = root_.read(name_);
  properties_ = text ? parse_udev_data(*text).properties : UdevProperties();
  return true;
}

}  // namespace joist::collectors
