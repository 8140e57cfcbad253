// How the kernel writes names in lists whose words stand between blanks.
#pragma once

#include <string>
#include <string_view>

namespace joist {

// Undoes \ooo, which the kernel writes for space, tab, newline, '#' and backslash
// (seq_file.c, mangle_path()). What is no escape stays as it is. Pure.
std::string unescape_octal(std::string_view text);

}  // namespace joist
