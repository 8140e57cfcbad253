// What went wrong with IPsec packets.
//
// Source: /proc/net/xfrm_stat (Documentation/networking/xfrm_proc.rst).
// Emits:  node_xfrm_*_packets_total  counter
#pragma once

#include <string_view>

#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/number_lines.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

class XfrmCollector final : public Collector {
 public:
  explicit XfrmCollector(const Roots& roots);
  std::string_view name() const override { return "xfrm"; }
  Result<void> collect(Exposition& page) override;

 private:
  ModuleFile file_;
  SampleSheet sheet_;
  NumberLines lines_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
