// A page of the text format 0.0.4 in OpenMetrics 1.0.0
// (github.com/OpenObservability/OpenMetrics, specification/OpenMetrics.md). Pure.
//
// No sample changes its name, because dashboards ask for it:
//   counters      lose "_total" in TYPE and HELP, where OpenMetrics adds it by itself; one
//                 that has none, or whose name without it is another family's, is "unknown"
//   untyped       is "unknown"
//   le, quantile  of histograms and summaries are written as floats, timestamps in seconds
// A line that is no sample is left out: OpenMetrics allows no other comments.
#pragma once

#include <string>
#include <string_view>

namespace joist::metrics {

// Replaces `out`, which may not hold `page`.
void to_openmetrics(std::string_view page, std::string& out);

}  // namespace joist::metrics
