// Disks that are reached on several paths (device mapper multipath).
//
// Source: /sys/block/dm-*: dm/{uuid,name,suspended}, size (512-byte sectors), slaves/;
//         of each path /sys/block/<path>/device/state (Documentation/ABI/testing/
//         sysfs-block-dm). A path is active in the state "running" (SCSI) or "live" (NVMe).
// Emits:  node_dmmultipath_device_{active,size_bytes,paths,paths_active,paths_failed}
//         {device,sysfs_name}, node_dmmultipath_device_info{device,sysfs_name,uuid} 1,
//         node_dmmultipath_path_state{device,path,state} 1  gauge
#pragma once

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

namespace joist::collectors {

bool is_active_path(std::string_view state);

class DmmultipathCollector final : public Collector {
 public:
  explicit DmmultipathCollector(const Roots& roots);
  std::string_view name() const override { return "dmmultipath"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Path {
    std::string name;
    std::optional<ProcFile> file;  // none: says no state, and counts as failed
    std::string state;             // that `place` was made for
    SampleSheet::Place place = 0;
  };
  struct Device {
    std::string name;
    std::vector<Path> paths;
    SampleSheet::Place info, all, active, failed;
  };

  void meet_devices();
  void meet(const std::string& kernel_name);
  void read(Device& device);

  SysRoot sys_;
  DeviceClass block_;
  std::vector<Device> devices_;
  AttributeSamples attributes_;
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
