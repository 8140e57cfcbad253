// The text of single values, the same in config files, in `-o json|yaml` and in
// RPC bodies: what one of these functions writes, its partner reads.
//
// Errors are Malformed and read "\"3 weeks\" is not a duration, expected such as
// 30s, 500ms or 1h30m"; the caller knows the place and puts it in front.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace joist {

// Reads "30s", "1h30m", "500ms", "1.5s": decimal numbers with the units d, h, m,
// s, ms, us, ns; at most 315,576,000,000 s (duration.proto). Writes seconds
// alone, "5400s" or "0.5s", as protobuf's JSON does: programs parse one unit.
Result<google::protobuf::Duration> parse_duration(std::string_view text);
std::string duration_text(const google::protobuf::Duration& duration);

// RFC 3339, any offset read, "Z" written: "2026-05-01T10:00:00Z". Years 1 to 9999.
Result<google::protobuf::Timestamp> parse_timestamp(std::string_view text);
std::string timestamp_text(const google::protobuf::Timestamp& timestamp);

// A number of bytes: "4096", "10GiB", "1.5 TiB", "500MB". Units B, kB to PB
// (powers of 1000), KiB to PiB or Ki to Pi (powers of 1024). Must come out whole.
Result<std::uint64_t> parse_size_bytes(std::string_view text);

// RFC 4648 section 4, with padding.
Result<std::string> parse_base64(std::string_view text);
std::string base64_text(std::string_view bytes);

// An enum value without its type's prefix, lower case, '-' between words:
// DISK_CLASS_IN_USE is "in-use". A number this build does not know (from a newer
// peer) is written as that number.
std::string enum_word(const google::protobuf::EnumDescriptor& type, int number);

// The value that `word` names, '-' or '_' between words; null: none. *_UNSPECIFIED
// has no word: it is what is left out.
const google::protobuf::EnumValueDescriptor* find_enum_word(
    const google::protobuf::EnumDescriptor& type, std::string_view word);

// All words, for messages: "system, in-use, foreign".
std::string enum_words(const google::protobuf::EnumDescriptor& type);

// Text from outside as one short line for an error: quoted, control characters
// and invalid UTF-8 escaped, cut after 40 characters.
std::string in_quotes(std::string_view text);

}  // namespace joist
