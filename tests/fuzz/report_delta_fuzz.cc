// Any bytes for a delta, applied to nothing and to what came before: refused,
// or a report whose digest is its own.
#include <cstdint>
#include <cstdlib>

#include "base/report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  joist::v1::Delta delta;
  if (!delta.ParseFromArray(data, static_cast<int>(size))) return 0;
  delta.clear_base_digest();
  delta.set_digest(joist::report_digest(delta.changed()));
  const auto report = joist::apply({}, delta);
  if (report && report->digest() != joist::report_digest(report->items())) std::abort();
  if (report && !joist::is_empty(joist::diff(*report, *report))) std::abort();
  return 0;
}
