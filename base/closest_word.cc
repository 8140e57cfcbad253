#include "base/closest_word.h"

#include <algorithm>

namespace joist {
namespace {

constexpr std::size_t kWordBytesMax = 64;

// Optimal string alignment distance (Damerau-Levenshtein without overlaps).
std::size_t edits_between(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before(to.size() + 1);
  std::vector<std::size_t> last(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t column = 0; column <= to.size(); ++column) last[column] = column;
  for (std::size_t line = 1; line <= from.size(); ++line) {
    row[0] = line;
    for (std::size_t column = 1; column <= to.size(); ++column) {
      const std::size_t differs = from[line - 1] == to[column - 1] ? 0 : 1;
      row[column] = std::min({last[column] + 1, row[column - 1] + 1, last[column - 1] + differs});
      if (line > 1 && column > 1 && from[line - 1] == to[column - 2] &&
          from[line - 2] == to[column - 1]) {
        row[column] = std::min(row[column], before[column - 2] + 1);
      }
    }
    before = last;
    last = row;
  }
  return last[to.size()];
}

}  // namespace

std::optional<std::string> closest_word(std::string_view word,
                                        const std::vector<std::string>& known) {
  if (word.size() > kWordBytesMax) return {};
  std::optional<std::string> closest;
  std::size_t fewest = 4;
  for (const std::string& candidate : known) {
    if (candidate.size() > kWordBytesMax) continue;
    const std::size_t edits = edits_between(word, candidate);
    if (edits < fewest && edits * 3 <= std::max(word.size(), candidate.size())) {
      fewest = edits;
      closest = candidate;
    }
  }
  return closest;
}

}  // namespace joist
