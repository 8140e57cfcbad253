// UTF-8 as RFC 3629 section 4 has it: no overlong forms, no surrogates, nothing
// above U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace joist {

constexpr char32_t kReplacementCharacter = 0xFFFD;

// Takes the first character off `text`, which must not be empty. A byte that
// begins no valid sequence is taken alone, as kReplacementCharacter.
char32_t take_code_point(std::string_view& text);

bool is_utf8(std::string_view text);

// Characters in `text`; each invalid byte counts as one.
std::size_t count_code_points(std::string_view text);

void append_utf8(std::string& text, char32_t code_point);

}  // namespace joist
