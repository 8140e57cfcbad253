// "Did you mean": the word somebody may have mistyped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace joist {

// The word in `known` that is fewest edits (insert, delete, replace, swap of
// neighbours) from `word`; none where the nearest needs more than a third of its
// letters changed, or more than three. Words beyond 64 bytes match nothing.
std::optional<std::string> closest_word(std::string_view word,
                                        const std::vector<std::string>& known);

}  // namespace joist
