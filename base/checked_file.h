// Files that a program must not believe when they are cut, torn or another's: a kind, a checksum,
// and the bytes. Against accidents: who may write the file can also make the checksum.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace joist {

// Replaces `path` whole, as write_durably() does. `kind`: which file of which version it is:
// "joist-job-1".
Result<void> write_checked(const std::string& path, std::string_view kind, std::string_view bytes,
                           mode_t mode);

// NotFound: there is none. Malformed: it is another kind, cut short, or changed; or larger than
// `bytes_max`; or no file but a link, a directory, a pipe.
Result<std::string> read_checked(const std::string& path, std::string_view kind,
                                 std::size_t bytes_max);

}  // namespace joist
