// How little weight an event may have to be logged; see base/log.h.
#pragma once

#include "base/log.h"

namespace joist {

// From now on events of less weight are dropped. Before: none is. Threads: any.
void set_log_threshold(Priority least);

}  // namespace joist
