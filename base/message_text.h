// Messages as JSON and YAML: what `-o json|yaml` prints, what RPC calls carry as
// application/json, and what decode_yaml() reads back to the same message.
//
// Names are the schema's own, fields come in the order they are declared, values
// are as base/value_text.h writes them, 64-bit numbers are JSON numbers, bytes
// are base64, map keys are sorted. Left out is what is not set: empty text and
// bytes, unspecified enums, absent messages and oneof members. Lists and maps,
// bools and numbers are always there ([], {}, false, 0), because they are answers;
// but a number whose rule does not allow 0 is left out at 0, where it means unset.
// Pure; any thread.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace joist {

enum class JsonLayout { OneLine, Indented };

// One JSON object; Indented by two blanks and with a newline at the end. Text
// that is not UTF-8 comes out with U+FFFD for each wrong byte.
std::string to_json(const google::protobuf::Message& message,
                    JsonLayout layout = JsonLayout::Indented);

// One YAML mapping in block style, with a newline at the end; "{}" when empty.
std::string to_yaml(const google::protobuf::Message& message);

// decode_yaml() for JSON from elsewhere: joins UTF-16 escape pairs, which JSON
// has for characters above U+FFFF and YAML has not.
Result<void> from_json(std::string_view text, std::string_view file_name,
                       google::protobuf::Message& out);

}  // namespace joist
