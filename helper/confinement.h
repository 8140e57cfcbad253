// Takes from a process all that reading an open disk does not need.
#pragma once

#include "base/result.h"

namespace joist::helper {

// From here on this process can use the descriptors it has, memory and time; it
// can open, create, connect or execute nothing and signal itself alone (seccomp(2), an allow
// list; the rest gives EPERM). What a disk holds is parsed behind this: whoever
// wrote the disk may own the parser, but not the host. Cannot be undone, needs
// no privilege. Fails where the kernel has no seccomp filters.
Result<void> confine_to_open_files();

}  // namespace joist::helper
