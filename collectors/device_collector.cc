#include "collectors/device_collector.h"

namespace joist::collectors {

DeviceCollector::DeviceCollector(const Roots& roots, std::string_view directory, Absent absent)
    : devices_(roots.sys(), directory, roots.devices), absent_(absent), sheet_(roots.sys()) {}

void DeviceCollector::begin(const DeviceSheet&, const std::vector<std::string>&) {}

Result<void> DeviceCollector::collect(Exposition& page) {
  const auto anew = devices_.refresh();
  if (!anew) {
    const bool absent = anew.error().code == ErrorCode::NotFound;
    if (absent && absent_ == Absent::Succeeds) return {};
    return tl::unexpected<Error>(anew.error());
  }
  if (*anew) met_ = meet_all();
  if (!met_) return met_;
  sheet_.write(page);
  return {};
}

Result<void> DeviceCollector::meet_all() {
  sheet_.clear();
  const auto& names = devices_.names();
  std::vector<std::string> paths;
  for (const std::string& name : names) paths.push_back(devices_.directory() + "/" + name);
  begin(sheet_, paths);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (auto met = meet(sheet_, names[i], paths[i]); !met) return met;
  }
  return {};
}

}  // namespace joist::collectors
