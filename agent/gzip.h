// gzip (RFC 1952) of a whole text, at zlib's level 1: a page of metrics is gone
// over the wire before a better level has saved anything.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace joist::agent {

// Io if zlib has no memory. Threads: any.
Result<std::string> gzip(std::string_view text);

}  // namespace joist::agent
