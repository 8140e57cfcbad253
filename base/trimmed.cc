#include "base/trimmed.h"

namespace joist {

std::string_view trimmed(std::string_view text, std::string_view letters) {
  const auto first = text.find_first_not_of(letters);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(letters) - first + 1);
}

}  // namespace joist
