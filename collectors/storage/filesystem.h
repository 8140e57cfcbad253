// How full the mounted file systems are.
//
// Source: the mounts of PID 1 by MountTable; statfs(2) by MountProbe.
// Emits:  node_filesystem_{size,free,avail}_bytes, _files, _files_free, _readonly,
//         _device_error {device,device_error,fstype,mountpoint}, _mount_info
//         {device,major,minor,mountpoint} 1, _purgeable_bytes 0 (of other systems)  gauge
//         A mount that fails or hangs has device_error 1, its label says why, and no figures.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/device_filter.h"
#include "collectors/roots.h"
#include "collectors/storage/mount_probe.h"
#include "collectors/storage/mount_table.h"

namespace joist::collectors {

// Who answers for a file system's figures. ("fuseblk" is a daemon on a block device.) Memory: it
// keeps count there, and takes no lock that somebody holds who waits for a disk; but ext4 with
// project quotas, of which the first question may read one.
MountQuestion::Source source_of(std::string_view device, std::string_view type);

class FilesystemCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  FilesystemCollector(const Roots& roots, DeviceFilter mount_points, DeviceFilter types,
                      std::chrono::milliseconds deadline, Statfs statfs);
  std::string_view name() const override { return "filesystem"; }
  Result<void> collect(Exposition& page) override;

  // Its own deadline comes first.
  std::chrono::milliseconds patience() const override {
    return deadline_ + std::chrono::milliseconds(500);
  }

 private:
  struct Mount {
    std::string key;  // rendered labels
    std::string device;
    std::string type;
    std::string mount_point;
    Labels labels;
    Labels info;
    bool read_only = false;
    std::shared_ptr<MountQuestion> question;
    std::optional<bool> seen_read_only = std::nullopt;  // by statfs(2)
    int error = 0;                                      // that error_labels were made for
    Labels error_labels = {};
  };

  void rebuild();
  void add(const MountLine& line, MountQuestion::Source source);
  bool turned_read_only();
  static const Labels& labels_of(Mount& mount);

  Roots roots_;
  MountTable table_;
  DeviceFilter mount_points_;
  DeviceFilter types_;
  std::chrono::milliseconds deadline_;
  MountProbe probe_;
  std::vector<Mount> mounts_;
  MountQuestions questions_;  // of mounts_, in order
  const Family avail_, device_error_, files_, files_free_, free_, mount_info_, purgeable_,
      read_only_, size_;
};

}  // namespace joist::collectors
