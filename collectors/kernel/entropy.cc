#include "collectors/kernel/entropy.h"

#include "collectors/number_file.h"

namespace joist::collectors {

EntropyCollector::EntropyCollector(const Roots& roots)
    : available_file_(roots.proc(), "sys/kernel/random/entropy_avail", ProcFile::Shape::Whole, 64),
      pool_size_file_(roots.proc(), "sys/kernel/random/poolsize", ProcFile::Shape::Whole, 64),
      available_("node_entropy_available_bits", "Bits of available entropy.", MetricType::Gauge),
      pool_size_("node_entropy_pool_size_bits", "Bits of entropy pool.", MetricType::Gauge) {}

Result<void> EntropyCollector::collect(Exposition& page) {
  const auto available = read_number<std::uint64_t>(available_file_);
  if (!available) return tl::unexpected<Error>(available.error());
  if (!pool_size_bits_) {
    const auto size = read_number<std::uint64_t>(pool_size_file_);
    if (!size) return tl::unexpected<Error>(size.error());
    pool_size_bits_ = *size;
  }
  page.begin(available_);
  page.sample(*available);
  page.begin(pool_size_);
  page.sample(*pool_size_bits_);
  return {};
}

}  // namespace joist::collectors
