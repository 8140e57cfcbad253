#include "base/utf8.h"

#include <utility>

namespace joist {
namespace {

// How many bytes the sequence that `lead` begins has, and the lowest code point
// that needs so many. 0: begins none.
struct Form {
  std::size_t length_bytes;
  char32_t lowest;
  unsigned char lead_bits;
};

Form form_of(unsigned char lead) {
  if (lead < 0x80) return {1, 0, 0x7f};
  if (lead >= 0xc2 && lead <= 0xdf) return {2, 0x80, 0x1f};
  if (lead >= 0xe0 && lead <= 0xef) return {3, 0x800, 0x0f};
  if (lead >= 0xf0 && lead <= 0xf4) return {4, 0x10000, 0x07};
  return {0, 0, 0};
}

// The first character of `text` and its length; length 0 where it is none.
std::pair<char32_t, std::size_t> first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const Form form = form_of(lead);
  if (form.length_bytes == 0 || text.size() < form.length_bytes) return {0, 0};
  char32_t code_point = lead & form.lead_bits;
  for (const char letter : text.substr(1, form.length_bytes - 1)) {
    const auto byte = static_cast<unsigned char>(letter);
    if ((byte & 0xc0) != 0x80) return {0, 0};
    code_point = (code_point << 6) | (byte & 0x3f);
  }
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (code_point < form.lowest || surrogate || code_point > 0x10ffff) return {0, 0};
  return {code_point, form.length_bytes};
}

}  // namespace

char32_t take_code_point(std::string_view& text) {
  const auto [code_point, length_bytes] = first_of(text);
  text.remove_prefix(length_bytes == 0 ? 1 : length_bytes);
  return length_bytes == 0 ? kReplacementCharacter : code_point;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto [code_point, length_bytes] = first_of(text);
    if (length_bytes == 0) return false;
    text.remove_prefix(length_bytes);
  }
  return true;
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) take_code_point(text);
  return count;
}

void append_utf8(std::string& text, char32_t code_point) {
  const auto put = [&text](char32_t bits) { text += static_cast<char>(bits); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3f));
    put(0x80 | ((code_point >> 6) & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
}

}  // namespace joist
