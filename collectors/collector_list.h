// Every collector there is, in one list.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "collectors/collector.h"
#include "collectors/options.h"
#include "collectors/roots.h"

namespace joist::collectors {

// All names, sorted: what Options::disabled may hold.
const std::vector<std::string_view>& collector_names();

// Those that `options` leaves on, sorted by name. Malformed if `options` names
// an unknown collector or a filter is no regular expression.
Result<std::vector<std::unique_ptr<Collector>>> make_collectors(const Roots& roots,
                                                                const Options& options);

}  // namespace joist::collectors
