// Small files that must survive a power cut whole: keys, certificates, markers.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace joist {

// Makes `path` hold exactly `bytes`, with `mode` whatever the umask: written
// beside it, synced, renamed over it, and the directory synced. After a crash at
// any point the file is the old one or the new one. What a crash left beside it
// (".NAME.new") is overwritten by the next call. One writer a path at a time.
Result<void> write_durably(const std::string& path, std::string_view bytes, mode_t mode);

}  // namespace joist
