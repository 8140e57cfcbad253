// InfiniBand adapters: state, rate and counters of their ports.
//
// Source: /sys/class/infiniband/DEVICE/{board_id,fw_ver,hca_type},
//         ports/PORT/{state,phys_state,rate,counters/*,counters_ext/*,hw_counters/*}
//         (Documentation/ABI/stable/sysfs-class-infiniband). Data is counted in words of 4
//         bytes, one for each lane.
// Emits:  node_infiniband_info{board_id,device,firmware_version,hca_type}  gauge 1
//         node_infiniband_{state_id,physical_state_id,rate_bytes_per_second}{device,port}  gauge
//         node_infiniband_*_total{device,port}  counter
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/attribute_samples.h"
#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/malformed_lines.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

// 4 of "4: ACTIVE".
std::optional<double> parse_infiniband_state(std::string_view text);

// Bytes per second of "100 Gb/sec (4X EDR)".
std::optional<double> parse_infiniband_rate(std::string_view text);

class InfinibandCollector final : public Collector {
 public:
  explicit InfinibandCollector(const Roots& roots);
  std::string_view name() const override { return "infiniband"; }
  Result<void> collect(Exposition& page) override;

 private:
  void meet(const std::string& device);
  void meet_port(const std::string& device, const std::string& port);

  SysRoot sys_;
  DeviceClass devices_;
  SampleSheet sheet_;
  AttributeSamples attributes_;
  std::vector<SampleSheet::Place> infos_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
