// Counters of the memory manager.
//
// Source: /proc/vmstat (proc_vmstat(5)), "name value".
// Emits:  node_vmstat_<name>  untyped, for the names that collector.vmstat.fields picks
#pragma once

#include <optional>
#include <string>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/name_filter.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

class VmstatCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  VmstatCollector(const Roots& roots, NameFilter fields);
  std::string_view name() const override { return "vmstat"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Entry {
    std::string key;
    std::optional<Family> family;  // none: not picked, or no possible name
  };

  ProcFile file_;
  NameFilter wanted_;
  Listing<Entry> fields_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
