// Kernel samepage merging.
//
// Source: /sys/kernel/mm/ksm/* (Documentation/admin-guide/mm/ksm.rst). A file that this kernel
//         lacks is left out, and looked for again when devices change.
// Emits:  node_ksmd_full_scans_total  counter; node_ksmd_{general_profit_bytes,
//         merge_across_nodes,pages_shared,pages_sharing,pages_to_scan,pages_unshared,
//         pages_volatile,run,sleep_seconds}  gauge
#pragma once

#include <vector>

#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

class KsmdCollector final : public Collector {
 public:
  explicit KsmdCollector(const Roots& roots);
  std::string_view name() const override { return "ksmd"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Attribute {
    ModuleFile file;
    double divisor;
    Family family;
  };

  std::vector<Attribute> attributes_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
