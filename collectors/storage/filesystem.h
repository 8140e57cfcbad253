// How full the mounted file systems are.
//
// Source: the mounts of PID 1 (/proc/1/mounts, or our own where that cannot be
//         read), so that a sandbox around this process does not show; statfs(2)
//         by MountProbe.
// Emits:  node_filesystem_{size,free,avail}_bytes, _files, _files_free, _readonly,
//         _device_error {device,fstype,mountpoint}  gauge
//         A mount that fails or hangs has device_error 1 and no figures.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/device_filter.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"
#include "collectors/storage/mount_probe.h"

namespace joist::collectors {

struct MountLine {
  std::string_view device;  // as written, octal escapes and all: so node_exporter shows it
  std::string mount_point;  // escapes resolved
  std::string_view type;
  bool read_only = false;
};

// Nothing if the line is not "device mountpoint type options …" (fstab(5)).
std::optional<MountLine> parse_mount_line(std::string_view line);

// Whether asking about the mount waits for no server and no daemon: a block
// device or memory. ("fuseblk" is a daemon on a block device.)
bool is_local(std::string_view device, std::string_view type);

// `path` as seen from inside `root`: "/host/var" in "/host" is "/var". Unchanged
// if it lies outside.
std::string_view strip_root(std::string_view path, std::string_view root);

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
    Labels labels;
    bool read_only = false;
    std::shared_ptr<MountQuestion> question;
  };

  Result<std::string_view> read_mounts();
  void rebuild();
  void add(const MountLine& line);

  Roots roots_;
  ProcFile mounts_of_init_;
  ProcFile own_mounts_;
  DeviceFilter mount_points_;
  DeviceFilter types_;
  std::chrono::milliseconds deadline_;
  MountProbe probe_;
  std::string table_;  // the text `mounts_` was made from
  std::vector<Mount> mounts_;
  MountQuestions questions_;  // of mounts_, in order
  MalformedLines malformed_;
  const Family avail_, device_error_, files_, files_free_, free_, read_only_, size_;
};

}  // namespace joist::collectors
