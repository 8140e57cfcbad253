#include "collectors/storage/dmmultipath.h"

#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

using MetricType::Gauge;
constexpr double kSectorBytes = 512;

constexpr FamilyText kInfo{"node_dmmultipath_device_info",
                           "Non-numeric information about a DM-multipath device.", Gauge};
constexpr FamilyText kActive{
    "node_dmmultipath_device_active",
    "Whether the multipath device-mapper device is active (1) or suspended (0).", Gauge};
constexpr FamilyText kSize{"node_dmmultipath_device_size_bytes",
                           "Size of the multipath device in bytes, read from /sys/block/<dm>/size.",
                           Gauge};
constexpr FamilyText kPaths{"node_dmmultipath_device_paths",
                            "Number of paths for a multipath device.", Gauge};
constexpr FamilyText kPathsActive{
    "node_dmmultipath_device_paths_active",
    "Number of paths in active state (SCSI running or NVMe live) for a multipath device.", Gauge};
constexpr FamilyText kPathsFailed{"node_dmmultipath_device_paths_failed",
                                  "Number of paths not in active state for a multipath device.",
                                  Gauge};
constexpr FamilyText kPathState{"node_dmmultipath_path_state",
                                "Reports the underlying device state for a multipath path, as read "
                                "from /sys/block/<dev>/device/state.",
                                Gauge};

std::optional<double> parse_sectors(std::string_view text) {
  const auto sectors = parse_uint(text);
  if (!sectors) return std::nullopt;
  return static_cast<double>(*sectors) * kSectorBytes;
}

std::optional<double> parse_suspended(std::string_view text) {
  const auto suspended = parse_uint(text);
  if (!suspended) return std::nullopt;
  return *suspended == 1 ? 0 : 1;
}

}  // namespace

bool is_active_path(std::string_view state) { return state == "running" || state == "live"; }

DmmultipathCollector::DmmultipathCollector(const Roots& roots)
    : sys_(roots.sys()), block_(roots.sys(), "/block", roots.devices) {}

void DmmultipathCollector::meet_devices() {
  devices_.clear();
  attributes_.clear();
  sheet_.clear();
  for (const std::string& name : block_.names()) {
    if (name.starts_with("dm-")) meet(name);
  }
}

void DmmultipathCollector::meet(const std::string& kernel_name) {
  const std::string directory = "/block/" + kernel_name;
  const auto uuid = sys_.read_line(directory + "/dm/uuid");
  const auto name = sys_.read_line(directory + "/dm/name");
  if (!uuid || !name || !uuid->starts_with("mpath-")) return;

  const Labels labels{{"device", *name}, {"sysfs_name", kernel_name}};
  const Labels info{{"device", *name}, {"sysfs_name", kernel_name}, {"uuid", *uuid}};
  attributes_.add(sys_, directory + "/dm/suspended", sheet_.add(kActive, labels), parse_suspended);
  attributes_.add(sys_, directory + "/size", sheet_.add(kSize, labels), parse_sectors);
  Device device{*name,
                {},
                sheet_.add(kInfo, info),
                sheet_.add(kPaths, labels),
                sheet_.add(kPathsActive, labels),
                sheet_.add(kPathsFailed, labels)};
  const auto slaves = sys_.list(directory + "/slaves");
  if (slaves) {
    for (const std::string& path : *slaves) {
      Path made{path, std::nullopt, {}};
      ProcFile file(sys_, "/block/" + path + "/device/state", ProcFile::Shape::Whole, 64);
      if (file.read()) made.file = std::move(file);
      device.paths.push_back(std::move(made));
    }
  }
  devices_.push_back(std::move(device));
}

void DmmultipathCollector::read(Device& device) {
  double active = 0;
  for (Path& path : device.paths) {
    if (!path.file) continue;
    const auto text = path.file->read();
    if (!text) continue;  // pulled: it counts as failed
    const std::string_view state = trimmed(*text);
    if (state != path.state) {
      path.state = state;
      path.place = sheet_.add(
          kPathState, Labels{{"device", device.name}, {"path", path.name}, {"state", state}});
    }
    if (state.empty()) continue;
    sheet_.set(path.place, 1);
    if (is_active_path(state)) ++active;
  }
  const auto all = static_cast<double>(device.paths.size());
  sheet_.set(device.info, 1);
  sheet_.set(device.all, all);
  sheet_.set(device.active, active);
  sheet_.set(device.failed, all - active);
}

Result<void> DmmultipathCollector::collect(Exposition& page) {
  const auto changed = block_.refresh();
  if (!changed) return tl::unexpected<Error>(changed.error());
  if (*changed) meet_devices();
  sheet_.blank();
  attributes_.read_into(sheet_, malformed_);
  for (Device& device : devices_) read(device);
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
