// YAML (and so JSON) straight into protobuf messages, by descriptor: the schema
// is the config file. Keys are the field names as the schema spells them.
//
//   bool          true, false                 uint64, int32 …  digits; no 010, no 1e3
//   Duration      30s, 1h30m, 500ms           Timestamp        RFC 3339
//   sizes (*)     10GiB, 500MB, 4096          bytes            base64
//   enum          the value's name without its type, lower case: in-use or in_use
//   message, map  a mapping                   repeated         a list
//   (*) fields whose rule says unit: "bytes"
//
// Refused: unknown and duplicate keys, wrong types, values out of range, null,
// two members of a oneof, what breaks the field's rule (base/message_rules.h),
// and what base/yaml_document.h refuses.
#pragma once

#include <google/protobuf/message.h>

#include <string_view>

#include "base/result.h"

namespace joist {

// Replaces `out` by what `text` says; an empty document is an empty message. On
// error `out` is as it was, and the error (Malformed) has one line for each thing
// that is wrong, in the order of the file, up to kYamlErrorsMax:
// "agent.yaml:3:20: metrics.connections_max: 0 is out of range, expected 1 to 4096".
// Pure; any thread.
Result<void> decode_yaml(std::string_view text, std::string_view file_name,
                         google::protobuf::Message& out);

constexpr int kYamlErrorsMax = 20;

}  // namespace joist
