// How each CPU got on with the packets it received.
//
// Source: /proc/net/softnet_stat (net/core/net-procfs.c): hexadecimal columns, 9 of them,
//         11 since Linux 3.11, 13 and more since 5.10, when the CPU's number came in.
// Emits:  node_softnet_{processed,dropped,times_squeezed,cpu_collision,received_rps,
//         flow_limit_count}_total{cpu}  counter; node_softnet_backlog_len{cpu}  gauge
#pragma once

#include <array>
#include <cstdint>
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

inline constexpr std::size_t kSoftnetColumns = 7;

struct SoftnetLine {
  std::array<std::uint64_t, kSoftnetColumns> values{};  // in the order of "Emits"
  std::optional<std::uint64_t> cpu;                     // not told by old kernels
};

// Nothing if the line is not of at least 9 hexadecimal numbers.
std::optional<SoftnetLine> parse_softnet_line(std::string_view line);

class SoftnetCollector final : public Collector {
 public:
  explicit SoftnetCollector(const Roots& roots);
  std::string_view name() const override { return "softnet"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Cpu {
    std::string key;
    Labels labels;
    std::array<std::uint64_t, kSoftnetColumns> values{};
  };

  ProcFile file_;
  Listing<Cpu> cpus_;
  MalformedLines malformed_;
  std::vector<Family> families_;
};

}  // namespace joist::collectors
