// Entropy of the kernel's random number generator. Since Linux 5.18 both figures
// stand still at 256.
//
// Source: /proc/sys/kernel/random/{entropy_avail,poolsize} (random(4)), in bits;
//         the pool's size is the kernel's for good.
// Emits:  node_entropy_available_bits, node_entropy_pool_size_bits  gauge
#pragma once

#include <cstdint>
#include <optional>

#include "collectors/collector.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

class EntropyCollector final : public Collector {
 public:
  explicit EntropyCollector(const Roots& roots);
  std::string_view name() const override { return "entropy"; }
  Result<void> collect(Exposition& page) override;

 private:
  ProcFile available_file_;
  ProcFile pool_size_file_;
  std::optional<std::uint64_t> pool_size_bits_;  // read once
  const Family available_, pool_size_;
};

}  // namespace joist::collectors
