// Every collector there is, in one list, and every setting they have.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "collectors/area.h"
#include "collectors/options.h"

namespace joist::collectors {

// Sorted by name. Lives as long as the program.
const std::vector<Source>& sources();
const std::vector<Setting>& settings();

// All names, sorted: what Options::disabled and ::enabled may hold.
const std::vector<std::string_view>& collector_names();

// Those that `options` leaves on, sorted by name. Malformed if `options` names
// an unknown collector or its settings contradict each other.
Result<std::vector<std::unique_ptr<Collector>>> make_collectors(const Roots& roots,
                                                                const Options& options);

}  // namespace joist::collectors
