// A config file, from its path to its message. Reads only; any thread.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "base/result.h"

namespace joist {

// Replaces `out` by what the file at `path` says (base/yaml_message.h); on error
// `out` is as it was. NotFound: no such file. Refused: not readable, not a
// regular file, or one that others than its owner's group may write, or that
// belongs to neither root nor this process's user: who writes it rules the host.
// Malformed: what it says is wrong, with file:line:column. Io: reading failed.
Result<void> load_config(const std::string& path, google::protobuf::Message& out);

}  // namespace joist
