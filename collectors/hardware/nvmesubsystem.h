// NVMe subsystems and the state of the paths to them.
//
// Source: /sys/class/nvme-subsystem/nvme-subsys<n> (drivers/nvme/host/core.c): the subsystem's
//         texts, a link for each controller and each namespace.
// Emits:  node_nvmesubsystem_info{iopolicy,model,nqn,serial,subsystem}                  1
//         node_nvmesubsystem_namespace_info{device,subsystem}                           1
//         node_nvmesubsystem_paths{subsystem}, node_nvmesubsystem_paths_live{subsystem} gauge
//         node_nvmesubsystem_path_state{controller,state,subsystem,transport}           0 or 1
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/device_sheet.h"
#include "collectors/roots.h"

namespace joist::collectors {

// Which of the states that are shown: "live", "connecting", "resetting", "dead"; "unknown" for
// those nobody knows; nothing for "new" and the two of "deleting", which are none of them.
std::string_view nvme_path_state(std::string_view text);

// "nvme0" is a controller, "nvme0n1" a namespace.
enum class NvmeEntry { Controller, Namespace, Other };
NvmeEntry nvme_entry(std::string_view name);

class NvmesubsystemCollector final : public Collector {
 public:
  explicit NvmesubsystemCollector(const Roots& roots);
  std::string_view name() const override { return "nvmesubsystem"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Path {
    ProcFile state;
    std::vector<SampleSheet::Place> places;  // by state
  };
  struct Subsystem {
    std::vector<Path> paths;
    SampleSheet::Place live = 0;
    SampleSheet::Place count = 0;
  };

  void meet_all();
  Subsystem meet(const std::string& name);

  SysRoot sys_;
  DeviceClass devices_;
  DeviceSheet told_;
  SampleSheet states_;
  std::vector<Subsystem> subsystems_;
};

}  // namespace joist::collectors
