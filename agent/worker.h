// The agent's blocking work, each kind on a thread of its own: wire/worker.h.
#pragma once

#include "wire/worker.h"

namespace joist::agent {

using wire::Worker;

}  // namespace joist::agent
