#include "base/octal_escapes.h"

namespace joist {

std::string unescape_octal(std::string_view text) {
  const auto digit = [](char letter) { return letter >= '0' && letter <= '7'; };
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '\\' && at + 3 < text.size() && text[at + 1] <= '3' &&
                        digit(text[at + 1]) && digit(text[at + 2]) && digit(text[at + 3]);
    if (!escape) {
      plain += text[at];
      continue;
    }
    plain += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 +
                               (text[at + 3] - '0'));
    at += 3;
  }
  return plain;
}

}  // namespace joist
