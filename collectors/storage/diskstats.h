// What block devices did, and what they are.
//
// Source: /proc/diskstats (Documentation/admin-guide/iostats.rst): 11 columns,
//         15 since Linux 4.18 (discards), 17 since 5.5 (flushes); sectors are
//         512 bytes whatever the device's own, times are milliseconds. Names,
//         serial numbers and ATA facts from udev's records where udevd runs;
//         /sys/block/<device>/queue/rotational.
// Emits:  node_disk_*{device}  counter; node_disk_io_now gauge
//         node_disk_info{device,major,minor,model,path,revision,rotational,serial,wwn} 1,
//         node_disk_filesystem_info, node_disk_device_mapper_info,
//         node_disk_ata_{write_cache,write_cache_enabled,rotation_rate_rpm}  gauge
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/device_filter.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"
#include "collectors/storage/udev_data.h"

namespace joist::collectors {

inline constexpr std::size_t kDiskColumns = 17;

struct DiskLine {
  unsigned major = 0;
  unsigned minor = 0;
  std::string_view device;
  std::size_t columns = 0;  // how many of `values` this kernel has: 11, 15 or 17
  std::array<std::uint64_t, kDiskColumns> values{};
};

// Nothing if the line has no name or fewer than 11 numbers after it. Columns of
// kernels to come are ignored.
std::optional<DiskLine> parse_diskstats_line(std::string_view line);

class DiskstatsCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  DiskstatsCollector(const Roots& roots, DeviceFilter filter);
  std::string_view name() const override { return "diskstats"; }
  Result<void> collect(Exposition& page) override;

 private:
  // A family that udev's record of a device decides.
  struct AtaFact {
    std::string_view property;
    Family family;
  };
  struct Device {
    std::string key;  // its name
    bool excluded = false;
    unsigned major = 0;
    unsigned minor = 0;
    std::size_t columns = 0;
    std::array<std::uint64_t, kDiskColumns> values{};
    Labels labels;
    UdevRecord udev;
    Labels info;
    std::optional<Labels> filesystem;
    std::optional<Labels> device_mapper;
    std::array<std::optional<double>, 3> ata{};
  };

  Device make_device(const DiskLine& line) const;
  void render(Device& device) const;
  void show_info(Exposition& page) const;

  SysRoot sys_;
  SysRoot udev_data_;
  UdevDirectory udev_directory_;
  ProcFile file_;
  DeviceFilter filter_;
  Listing<Device> devices_;
  MalformedLines malformed_;
  std::vector<Family> columns_;
  const Family info_, filesystem_info_, device_mapper_info_;
  std::array<AtaFact, 3> ata_;
};

}  // namespace joist::collectors
