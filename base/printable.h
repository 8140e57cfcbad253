// Text from outside, made fit to be shown, logged and put into a proto3 string
// (which must be valid UTF-8): every byte that is not printable ASCII becomes
// \xNN, and no more than `length_max` characters come out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace joist {

std::string printable(std::string_view text, std::size_t length_max);

}  // namespace joist
