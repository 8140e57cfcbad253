// Holds a message to the rules stated beside its fields (joist/v1/rule.proto).
// Everything that came from outside passes here before it is believed: config
// files through base/yaml_message.h, RPC requests by check_rules().
// Pure; any thread.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "joist/v1/rule.pb.h"

namespace joist {

// The rule of a field; the default Rule where none is stated.
const v1::Rule& rule_of(const google::protobuf::FieldDescriptor& field);

// Longest string or bytes, and most entries, where a rule states no other.
constexpr std::size_t kLengthMax = 65'536;

struct FieldBreach {
  int entry;         // index in a list or map; -1: the field as a whole
  std::string what;  // "0 is out of range, expected 1 to 4096"
};

// What `field` of `message` breaks, not looking into the messages it holds.
// Zero, empty and unspecified mean "not set" and pass all but `required`; where
// the value was `written` out, as 0 in a file, it is held to its bounds too.
std::vector<FieldBreach> field_breaches(const google::protobuf::Message& message,
                                        const google::protobuf::FieldDescriptor& field,
                                        bool written);

// The whole message and all messages in it. Malformed, naming the first field
// that breaks its rule: "metrics.listen: \"x\" is not …, expected …".
Result<void> check_rules(const google::protobuf::Message& message);

}  // namespace joist
