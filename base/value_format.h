// The shapes a string may be held to (joist.v1.Format). Pure.
#pragma once

#include <string>
#include <string_view>

#include "joist/v1/rule.pb.h"

namespace joist {

// Whether `text` has the shape. Nothing is asked for FORMAT_UNSPECIFIED.
bool has_format(std::string_view text, v1::Format format);

// What is expected instead, for people: "host:port or [v6]:port".
std::string format_expected(v1::Format format);

}  // namespace joist
