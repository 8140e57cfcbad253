// Every message type of the schema, for tests that must hold for all of them.
#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <vector>

namespace joist::base {

// All types, nested ones too, ordered by file and declaration; no map entries.
std::vector<const google::protobuf::Descriptor*> all_messages();

std::unique_ptr<google::protobuf::Message> make_message(const google::protobuf::Descriptor& type);

// Fills every field with values that keep the schema's rules and are hard on
// encoders: text that looks like YAML, control characters, largest numbers. Of
// a oneof one member is set. Another `seed` fills otherwise; the same alike.
void fill(google::protobuf::Message& message, unsigned seed);

}  // namespace joist::base
