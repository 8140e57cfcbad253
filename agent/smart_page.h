// What the disks say of themselves, for Prometheus: the families of smartctl_exporter 0.14 under
// its names, labels and types, so that dashboards and rules written for it go on working.
//
// Different on purpose: `device` is the disk ("nvme0n1"), not the controller, as it is in
// node_disk_*; what a disk does not say is left out and not 0; device_state has the state's number.
// Threads: the caller's one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "collectors/exposition.h"
#include "collectors/sample_sheet.h"
#include "disk/health.h"

namespace joist::agent {

class SmartPage {
 public:
  // The text of every disk whose last report still says how it is: who alerts on smartctl_* must
  // not read good news of a disk that fell silent. Rendered anew only where `readings` differs
  // from the last call's, or a disk's report became too old. Valid until the next call.
  std::string_view text(const std::vector<disk::HealthKnown>& known, std::uint64_t readings,
                        const v1::DiskHealthSpec& spec, Moment now);

  // The same, without families that `page` has already (textfiles of other exporters'), appended
  // to it.
  void append_to(std::string& page, const std::vector<disk::HealthKnown>& known,
                 std::uint64_t readings, const v1::DiskHealthSpec& spec, Moment now);

 private:
  collectors::SampleSheet sheet_;
  collectors::Exposition page_;
  std::uint64_t rendered_ = 0;                      // readings; 0: not yet
  std::ptrdiff_t telling_ = 0;                      // disks that were shown
  std::vector<std::string_view> names_, repeated_;  // scratch of append_to()
};

}  // namespace joist::agent
