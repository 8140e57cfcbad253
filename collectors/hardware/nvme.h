// NVMe controllers, and the namespaces they have paths to.
//
// Source: /sys/class/nvme/<controller> (drivers/nvme/host/sysfs.c) and below it nvme<s>c<c>n<n>,
//         which a kernel with native multipath has.
// Emits:  node_nvme_info{cntlid,device,firmware_revision,model,serial,state}  1
//         node_nvme_namespace_info{ana_state,device,nsid}                     1
//         node_nvme_namespace_{capacity,logical_block_size,size,used}_bytes{device,nsid}  gauge
//         Sizes are what node_exporter computes: sysfs' `size`, which counts sectors of 512
//         bytes, times the logical block's size.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collectors/device_collector.h"

namespace joist::collectors {

// The namespace's number in a name like "nvme0c1n2"; nothing if `name` is none.
std::optional<std::string_view> parse_nvme_path(std::string_view name);

class NvmeCollector final : public DeviceCollector {
 public:
  explicit NvmeCollector(const Roots& roots);
  std::string_view name() const override { return "nvme"; }

 private:
  Result<void> meet(DeviceSheet& sheet, const std::string& name, const std::string& path) override;
  static void meet_namespace(DeviceSheet& sheet, const std::string& device, std::string_view id,
                             const std::string& path);
};

}  // namespace joist::collectors
