// Netfilter's table of connections: how full, and what went wrong.
//
// Source: /proc/sys/net/netfilter/nf_conntrack_{count,max}
//         (Documentation/networking/nf_conntrack-sysctl.rst), /proc/net/stat/nf_conntrack
//         (a kernel with CONFIG_NF_CONNTRACK_PROCFS), summed over the CPUs.
// Emits:  node_nf_conntrack_{entries,entries_limit}, node_nf_conntrack_stat_*  gauge
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

inline constexpr std::size_t kConntrackCounters = 8;
using ConntrackCounters = std::array<std::uint64_t, kConntrackCounters>;

// Sums the file of /proc/net/stat; lines that are not all numbers are given to `malformed`.
ConntrackCounters sum_conntrack(std::string_view text, std::string_view path,
                                MalformedLines& malformed);

class ConntrackCollector final : public Collector {
 public:
  explicit ConntrackCollector(const Roots& roots);
  std::string_view name() const override { return "conntrack"; }
  Result<void> collect(Exposition& page) override;

 private:
  ModuleFile count_, max_, counters_;
  SeldomLook look_;
  std::uint64_t entries_max_ = 0;
  MalformedLines malformed_;
  const Family entries_, limit_;
  std::vector<Family> families_;
};

}  // namespace joist::collectors
