// Text without what surrounds it. Pure.
#pragma once

#include <string_view>

namespace joist {

inline constexpr std::string_view kBlanks = " \t\r\n";

// `text` without the `letters` at its beginning and end; a part of it.
std::string_view trimmed(std::string_view text, std::string_view letters = kBlanks);

}  // namespace joist
