// How many control groups each controller has.
//
// Source: /proc/cgroups (cgroups(7)): controller, hierarchy, groups, enabled.
// Emits:  node_cgroups_cgroups{subsys_name}, node_cgroups_enabled{subsys_name}  gauge
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct ControllerLine {
  std::string_view controller;
  std::uint64_t groups = 0;
  std::uint64_t enabled = 0;
};

// Nothing if the line is not a name and three numbers.
std::optional<ControllerLine> parse_cgroups_line(std::string_view line);

class CgroupsCollector final : public Collector {
 public:
  explicit CgroupsCollector(const Roots& roots);
  std::string_view name() const override { return "cgroups"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Controller {
    std::string key;
    Labels labels;
    std::uint64_t groups = 0;
    std::uint64_t enabled = 0;
  };

  ProcFile file_;
  Listing<Controller> controllers_;
  MalformedLines malformed_;
  const Family groups_, enabled_;
};

}  // namespace joist::collectors
