// One agent to a state directory: two would renew and join over each other.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace joist::agent {

// Makes the directory if it is missing, and holds STATE_DIR/lock (fcntl(2)) until
// the descriptor or the process is gone. Refused if a process that lives holds
// it. Unavailable if one does that was killed, and cannot go because a thread of
// it hangs in the kernel: it writes nothing any more. Other errors: the
// directory cannot be written.
Result<UniqueFd> lock_state(const std::string& state_dir);

}  // namespace joist::agent
