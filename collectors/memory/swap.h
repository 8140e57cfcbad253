// Swap areas.
//
// Source: /proc/swaps (proc_swaps(5)): name, type, size, used (KiB), priority.
// Emits:  node_swap_{size_bytes,used_bytes,priority}{device,swap_type}  gauge
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

struct SwapLine {
  std::string_view device;  // with the kernel's escapes: \040 is a space
  std::string_view type;
  std::uint64_t size_kib = 0;
  std::uint64_t used_kib = 0;
  std::int64_t priority = 0;
};

// Nothing if the line is not of that form, as the table's head is not.
std::optional<SwapLine> parse_swap_line(std::string_view line);

class SwapCollector final : public Collector {
 public:
  explicit SwapCollector(const Roots& roots);
  std::string_view name() const override { return "swap"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Swap {
    std::string key;  // the device
    std::string type;
    Labels labels;
    std::uint64_t size_kib = 0;
    std::uint64_t used_kib = 0;
    std::int64_t priority = 0;
  };

  ProcFile file_;
  Listing<Swap> swaps_;
  MalformedLines malformed_;
  const Family size_, used_, priority_;
};

}  // namespace joist::collectors
