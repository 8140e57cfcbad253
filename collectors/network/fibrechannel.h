// Fibre Channel host adapters: what they are connected to, and their counters.
//
// Source: /sys/class/fc_host/HOST/*, statistics/* (drivers/scsi/scsi_transport_fc.c).
//         A counter of all ones is one that the adapter does not keep.
// Emits:  node_fibrechannel_info{dev_loss_tmo,fabric_name,fc_host,port_id,port_name,
//         port_state,port_type,speed,supported_classes,supported_speeds,symbolic_name}
//         gauge 1; node_fibrechannel_*_total{fc_host}  counter
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

namespace joist::collectors {

// "0x1a". Nothing if it is no such number, or the adapter does not keep it.
std::optional<double> parse_fibrechannel_counter(std::string_view text);

class FibrechannelCollector final : public Collector {
 public:
  explicit FibrechannelCollector(const Roots& roots);
  std::string_view name() const override { return "fibrechannel"; }
  Result<void> collect(Exposition& page) override;

 private:
  static constexpr std::size_t kTexts = 10;

  struct Host {
    std::string name;
    std::array<std::string, kTexts> texts;
    std::array<std::unique_ptr<ProcFile>, kTexts> files;  // of those that can change
    Labels info;
  };

  Host meet(const std::string& name);
  void read_texts(Host& host);
  void render(Host& host) const;

  SysRoot sys_;
  DeviceClass class_;
  std::vector<Host> hosts_;
  SampleSheet sheet_;
  AttributeSamples counters_;
  MalformedLines malformed_;
  const Family info_;
};

}  // namespace joist::collectors
