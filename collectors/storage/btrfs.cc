#include "collectors/storage/btrfs.h"

#include <algorithm>
#include <utility>

#include "collectors/fields.h"
#include "collectors/storage/mount_table.h"

namespace joist::collectors {
namespace {

using MetricType::Counter;
using MetricType::Gauge;
constexpr double kSectorBytes = 512;

constexpr FamilyText kInfo{"node_btrfs_info", "Filesystem information", Gauge};
constexpr FamilyText kReserve{"node_btrfs_global_rsv_size_bytes", "Size of global reserve.", Gauge};
constexpr FamilyText kReserved{"node_btrfs_reserved_bytes",
                               "Amount of space reserved for a data type", Gauge};
constexpr FamilyText kUsed{"node_btrfs_used_bytes", "Amount of used space by a layout/data type",
                           Gauge};
constexpr FamilyText kSize{"node_btrfs_size_bytes",
                           "Amount of space allocated for a layout/data type", Gauge};
constexpr FamilyText kRatio{"node_btrfs_allocation_ratio",
                            "Data allocation ratio for a layout/data type", Gauge};
constexpr FamilyText kCommits{"node_btrfs_commits_total",
                              "The total number of commits that have occurred.", Counter};
constexpr FamilyText kLastCommit{"node_btrfs_last_commit_seconds",
                                 "Duration of the most recent commit, in seconds.", Gauge};
constexpr FamilyText kMaxCommit{"node_btrfs_max_commit_seconds",
                                "Duration of the slowest commit, in seconds.", Gauge};
constexpr FamilyText kCommitTime{"node_btrfs_commit_seconds_total",
                                 "Sum of the duration of all commits, in seconds.", Counter};
constexpr FamilyText kDeviceSize{"node_btrfs_device_size_bytes",
                                 "Size of a device that is part of the filesystem.", Gauge};
constexpr FamilyText kDeviceUnused{
    "node_btrfs_device_unused_bytes",
    "Unused bytes unused on a device that is part of the filesystem.", Gauge};
constexpr FamilyText kDeviceErrors{"node_btrfs_device_errors_total",
                                   "Errors reported for the device", Counter};

constexpr std::string_view kAllocations[] = {"data", "metadata", "system"};
constexpr std::string_view kErrorTypes[] = {"write", "read", "flush", "corruption", "generation"};

std::optional<double> parse_sectors(std::string_view text) {
  const auto sectors = parse_uint(text);
  if (!sectors) return std::nullopt;
  return static_cast<double>(*sectors) * kSectorBytes;
}

}  // namespace

double allocation_ratio(std::string_view profile, std::size_t devices) {
  const auto count = static_cast<double>(devices);
  if (profile == "single" || profile == "raid0") return 1;
  if (profile == "dup" || profile == "raid1" || profile == "raid10") return 2;
  if (profile == "raid1c3") return 3;
  if (profile == "raid1c4") return 4;
  if (profile == "raid5") return devices > 1 ? count / (count - 1) : 0;
  if (profile == "raid6") return devices > 2 ? count / (count - 2) : 0;
  return 0;
}

BtrfsCollector::BtrfsCollector(const Roots& roots)
    : roots_(roots), sys_(roots.sys()), class_(roots.sys(), "/fs/btrfs", roots.devices) {}

void BtrfsCollector::meet_filesystems() {
  filesystems_.clear();
  constants_.clear();
  attributes_.clear();
  sheet_.clear();
  for (const std::string& name : class_.names()) {
    if (name.find('-') != name.npos) meet(name);
  }
  if (!filesystems_.empty()) find_mount_points();
}

void BtrfsCollector::meet(const std::string& directory_name) {
  const std::string directory = class_.directory() + "/" + directory_name + "/";
  auto filesystem = std::make_unique<Filesystem>();
  const auto uuid = sys_.read_line(directory + "metadata_uuid");
  filesystem->uuid = uuid && !uuid->empty() ? *uuid : directory_name;
  const std::string label = sys_.read_line(directory + "label").value_or("");
  filesystem->kernel_names = sys_.list(directory + "devices").value_or(std::vector<std::string>{});

  const Labels plain{{"uuid", filesystem->uuid}};
  constants_.push_back(
      {sheet_.add(kInfo, Labels{{"label", label}, {"uuid", filesystem->uuid}}), 1});
  attributes_.add(sys_, directory + "allocation/global_rsv_size", sheet_.add(kReserve, plain),
                  parse_whole_number);
  Commits& commits = filesystem->commits;
  commits.count = sheet_.add(kCommits, plain);
  commits.last = sheet_.add(kLastCommit, plain);
  commits.max = sheet_.add(kMaxCommit, plain);
  commits.total = sheet_.add(kCommitTime, plain);
  ProcFile statistics(sys_, directory + "commit_stats", ProcFile::Shape::Whole, 512);
  if (statistics.read()) commits.file = std::move(statistics);

  for (const std::string_view type : kAllocations) {
    meet_allocation(directory + "allocation/" + std::string(type) + "/", type, filesystem->uuid,
                    filesystem->kernel_names.size());
  }
  for (const std::string& device : filesystem->kernel_names) {
    filesystem->sizes.add(
        sys_, directory + "devices/" + device + "/size",
        sheet_.add(kDeviceSize, Labels{{"device", device}, {"uuid", filesystem->uuid}}),
        parse_sectors);
  }
  filesystems_.push_back(std::move(filesystem));
}

void BtrfsCollector::meet_allocation(const std::string& path, std::string_view type,
                                     const std::string& uuid, std::size_t devices) {
  attributes_.add(sys_, path + "bytes_reserved",
                  sheet_.add(kReserved, Labels{{"block_group_type", type}, {"uuid", uuid}}),
                  parse_whole_number);
  const auto entries = sys_.list(path);
  if (!entries) return;
  for (const std::string& profile : *entries) {
    const Labels labels{{"block_group_type", type}, {"mode", profile}, {"uuid", uuid}};
    const std::string directory = path + profile + "/";
    if (!sys_.exists(directory + "total_bytes")) continue;  // a number, not a profile
    attributes_.add(sys_, directory + "used_bytes", sheet_.add(kUsed, labels), parse_whole_number);
    attributes_.add(sys_, directory + "total_bytes", sheet_.add(kSize, labels), parse_whole_number);
    constants_.push_back({sheet_.add(kRatio, labels), allocation_ratio(profile, devices)});
  }
}

void BtrfsCollector::find_mount_points() {
  MountTable table(roots_);
  if (!table.refresh()) return;  // sysfs has their sizes
  BtrfsDevices answer;
  for (const MountLine& mount : table.mounts()) {
    if (mount.type != "btrfs") continue;
    const std::string path =
        SysRoot(roots_.rootfs).resolve(strip_root(mount.mount_point, roots_.rootfs)).string();
    if (!ask_btrfs_devices(path, answer)) continue;
    const std::string uuid = format_uuid(answer.filesystem);
    for (const auto& filesystem : filesystems_) {
      const bool is_it = filesystem->uuid == uuid;
      if (!is_it || !filesystem->mount_point.empty()) continue;
      filesystem->mount_point = path;
      filesystem->id = answer.filesystem;
      filesystem->answer = answer;
      lay_out_devices(*filesystem);
    }
  }
}

void BtrfsCollector::lay_out_devices(Filesystem& filesystem) {
  filesystem.devices.clear();
  for (const BtrfsDevice& device : filesystem.answer.devices) {
    const std::string device_uuid = format_uuid(device.uuid);
    const Labels labels{
        {"btrfs_dev_uuid", device_uuid}, {"device", device.name}, {"uuid", filesystem.uuid}};
    DevicePlaces places{device.uuid,
                        device.name,
                        sheet_.add(kDeviceSize, labels),
                        sheet_.add(kDeviceUnused, labels),
                        {}};
    for (std::size_t type = 0; type < places.errors.size(); ++type) {
      places.errors[type] = sheet_.add(kDeviceErrors, Labels{{"btrfs_dev_uuid", device_uuid},
                                                             {"device", device.name},
                                                             {"type", kErrorTypes[type]},
                                                             {"uuid", filesystem.uuid}});
    }
    filesystem.devices.push_back(std::move(places));
  }
}

void BtrfsCollector::show_devices(Filesystem& filesystem) {
  const bool answers = !filesystem.mount_point.empty() &&
                       ask_btrfs_devices(filesystem.mount_point, filesystem.answer) &&
                       filesystem.answer.filesystem == filesystem.id;
  if (!answers) {
    filesystem.mount_point.clear();  // until the file systems are met anew
    filesystem.sizes.read_into(sheet_, malformed_);
    return;
  }
  const auto& devices = filesystem.answer.devices;
  const bool same = std::ranges::equal(devices, filesystem.devices,
                                       [](const BtrfsDevice& now, const DevicePlaces& known) {
                                         return now.uuid == known.uuid && now.name == known.name;
                                       });
  if (!same) lay_out_devices(filesystem);
  for (std::size_t index = 0; index < devices.size(); ++index) {
    const BtrfsDevice& device = devices[index];
    const DevicePlaces& places = filesystem.devices[index];
    sheet_.set(places.size, static_cast<double>(device.size_bytes));
    sheet_.set(places.unused,
               static_cast<double>(device.size_bytes) - static_cast<double>(device.used_bytes));
    for (std::size_t type = 0; type < places.errors.size(); ++type) {
      sheet_.set(places.errors[type], static_cast<double>(device.errors[type]));
    }
  }
}

void BtrfsCollector::show_commits(Commits& commits) {
  double count = 0;
  double last = 0;
  double max = 0;
  double total = 0;
  if (commits.file) {
    const auto text = commits.file->read();
    if (!text) return;  // unmounted
    Lines lines(*text);
    for (std::string_view line; lines.next(line);) {
      Fields fields(line);
      const std::string_view key = fields.next();
      const auto value = parse_uint(fields.next());
      double* const wanted = key == "commits"           ? &count
                             : key == "last_commit_ms"  ? &last
                             : key == "max_commit_ms"   ? &max
                             : key == "total_commit_ms" ? &total
                                                        : nullptr;
      if (wanted == nullptr) continue;
      if (!value) return malformed_.report(commits.file->path(), line);
      *wanted = static_cast<double>(*value);
    }
  }
  sheet_.set(commits.count, count);
  sheet_.set(commits.last, last / 1000);
  sheet_.set(commits.max, max / 1000);
  sheet_.set(commits.total, total / 1000);
}

Result<void> BtrfsCollector::collect(Exposition& page) {
  const auto changed = class_.refresh();
  if (!changed) {
    if (changed.error().code != ErrorCode::NotFound) return tl::unexpected<Error>(changed.error());
    return {};  // node_exporter counts a host without Btrfs as a success
  }
  if (*changed) meet_filesystems();

  sheet_.blank();
  for (const Constant& constant : constants_) sheet_.set(constant.place, constant.value);
  attributes_.read_into(sheet_, malformed_);
  for (const auto& filesystem : filesystems_) {
    show_commits(filesystem->commits);
    show_devices(*filesystem);
  }
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
