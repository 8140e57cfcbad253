// How much room the mounted Btrfs file systems have for what, and how their devices fare.
//
// Source: /sys/fs/btrfs/<uuid> (Documentation/ABI/testing/sysfs-fs-btrfs): label,
//         allocation/, commit_stats (Linux 6.1+), devices/; where the mount point can be
//         opened, the file system's own word on its devices (btrfs_devices.h).
// Emits:  node_btrfs_{size,used}_bytes, node_btrfs_allocation_ratio
//         {block_group_type,mode,uuid}, node_btrfs_reserved_bytes{block_group_type,uuid},
//         node_btrfs_info{label,uuid} 1, node_btrfs_global_rsv_size_bytes,
//         node_btrfs_{last,max}_commit_seconds {uuid}  gauge;
//         node_btrfs_commits_total, node_btrfs_commit_seconds_total {uuid}  counter;
//         node_btrfs_device_size_bytes{device,uuid}, or, with btrfs_dev_uuid among the
//         labels, that, node_btrfs_device_unused_bytes and
//         node_btrfs_device_errors_total{…,type}
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/attribute_samples.h"
#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"
#include "collectors/storage/btrfs_devices.h"

namespace joist::collectors {

// How many bytes of disk a byte of data takes; 0 for a profile to come. With parity it
// depends on the number of devices.
double allocation_ratio(std::string_view profile, std::size_t devices);

class BtrfsCollector final : public Collector {
 public:
  explicit BtrfsCollector(const Roots& roots);
  std::string_view name() const override { return "btrfs"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Constant {
    SampleSheet::Place place;
    double value;
  };
  struct Commits {
    std::optional<ProcFile> file;  // none before Linux 6.1
    SampleSheet::Place count, last, max, total;
  };
  struct DevicePlaces {
    BtrfsUuid uuid;
    std::string name;
    SampleSheet::Place size, unused;
    std::array<SampleSheet::Place, 5> errors;
  };
  struct Filesystem {
    std::string uuid;
    std::string mount_point;  // empty: none that can be opened
    BtrfsUuid id{};           // that it answers with
    BtrfsDevices answer;
    std::vector<DevicePlaces> devices;
    std::vector<std::string> kernel_names;
    AttributeSamples sizes;  // from sysfs, shown where nothing answers
    Commits commits;
  };

  void meet_filesystems();
  void meet(const std::string& directory_name);
  void meet_allocation(const std::string& path, std::string_view type, const std::string& uuid,
                       std::size_t devices);
  void find_mount_points();
  void show_devices(Filesystem& filesystem);
  void lay_out_devices(Filesystem& filesystem);
  void show_commits(Commits& commits);

  Roots roots_;
  SysRoot sys_;
  DeviceClass class_;
  std::vector<std::unique_ptr<Filesystem>> filesystems_;
  std::vector<Constant> constants_;
  AttributeSamples attributes_;
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
