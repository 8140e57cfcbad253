// What SCSI tape drives did.
//
// Source: /sys/class/scsi_tape/st<n>/stats (Documentation/scsi/st.rst); times are
//         nanoseconds. The other devices there are the same drives with other modes.
// Emits:  node_tape_*_total{device}  counter; node_tape_io_now{device}  gauge
#pragma once

#include <string_view>

#include "collectors/area.h"
#include "collectors/attribute_samples.h"
#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/malformed_lines.h"
#include "collectors/name_filter.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

// "st0", not "nst0" or "st0a", which are the same drive.
bool is_tape_drive(std::string_view device);

class TapestatsCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  TapestatsCollector(const Roots& roots, NameFilter ignored);
  std::string_view name() const override { return "tapestats"; }
  Result<void> collect(Exposition& page) override;

 private:
  void meet_drives();

  SysRoot sys_;
  NameFilter ignored_;
  DeviceClass class_;
  AttributeSamples attributes_;
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
