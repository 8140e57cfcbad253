// Memory of each NUMA node, as the kernel lists it.
//
// Source: /sys/devices/system/node/nodeN/meminfo, "Node N Name: value [kB]", kB is KiB;
//         /sys/devices/system/node/nodeN/numastat, "name value"
//         (Documentation/admin-guide/numastat.rst).
// Emits:  node_memory_numa_<Name>{node}  gauge, in bytes where the kernel gives a unit;
//         node_memory_numa_<name>_total{node}  counter
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

struct NodeMemoryLine {
  std::string_view field;  // as written, without the colon
  double value = 0;        // bytes, or a count
};

// Nothing if the line is not of that form.
std::optional<NodeMemoryLine> parse_node_meminfo_line(std::string_view line);
std::optional<NodeMemoryLine> parse_numastat_line(std::string_view line);

class MeminfoNumaCollector final : public Collector {
 public:
  explicit MeminfoNumaCollector(const Roots& roots);
  std::string_view name() const override { return "meminfo_numa"; }
  Result<void> collect(Exposition& page) override;

 private:
  // A line of a node's file and where it is shown.
  struct Entry {
    std::string key;
    std::optional<SampleSheet::Place> place;  // none: the field cannot be named
  };
  struct Source {
    ProcFile file;
    std::optional<NodeMemoryLine> (*parse)(std::string_view);
    std::string suffix;
    MetricType type;
    Labels labels;
    Listing<Entry> entries;
  };

  Result<void> find_nodes();
  Result<void> read(Source& source);
  Entry lay_out(const Source& source, std::string_view field);

  SysRoot sys_;
  DeviceClass directory_;
  std::vector<Source> sources_;  // two of each node
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
