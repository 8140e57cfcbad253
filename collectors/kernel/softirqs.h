// Software interrupts by kind and CPU.
//
// Source: /proc/softirqs: a head with a column for each possible CPU, then "KIND: count...".
// Emits:  node_softirqs_functions_total{cpu,type}  counter
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct SoftirqLine {
  std::string_view kind;
  std::string_view counts;  // the columns, unparsed
};

// Nothing if the line has no colon or no kind before it.
std::optional<SoftirqLine> parse_softirq_line(std::string_view line);

class SoftirqsCollector final : public Collector {
 public:
  explicit SoftirqsCollector(const Roots& roots);
  std::string_view name() const override { return "softirqs"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Kind {
    std::string key;
    std::vector<Labels> labels;  // one for each column
  };

  ProcFile file_;
  Listing<Kind> kinds_;
  MalformedLines malformed_;
  const Family total_;
};

}  // namespace joist::collectors
