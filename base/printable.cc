#include "base/printable.h"

namespace joist {

std::string printable(std::string_view text, std::size_t length_max) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string shown;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool plain = byte >= 0x20 && byte < 0x7f;
    if (shown.size() + (plain ? 1 : 4) > length_max) break;
    if (plain) {
      shown += letter;
    } else {
      shown += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return shown;
}

}  // namespace joist
