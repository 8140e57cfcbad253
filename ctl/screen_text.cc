#include "ctl/screen_text.h"

#include <wchar.h>
#include <clocale>

#include <array>
#include <cstdio>

#include "base/utf8.h"

namespace joist::ctl {
namespace {

// wcwidth(3) knows Unicode only under a UTF-8 locale. C.UTF-8 is part of libc.
int columns_of(char32_t letter) {
  static const locale_t utf8_locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (letter < 0x7f || utf8_locale == nullptr) return 1;
  const locale_t before = ::uselocale(utf8_locale);
  const int columns = ::wcwidth(static_cast<wchar_t>(letter));
  ::uselocale(before);
  return columns;
}

// Marks that reorder, join or hide what stands around them.
bool is_deceptive(char32_t letter) {
  return letter == 0x061c || (letter >= 0x200b && letter <= 0x200f) ||
         (letter >= 0x2028 && letter <= 0x202e) || (letter >= 0x2060 && letter <= 0x206f) ||
         letter == 0xfeff || (letter >= 0xfff9 && letter <= 0xfffb) ||
         (letter >= 0xe0000 && letter <= 0xe0fff);
}

std::string escaped(char32_t letter) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), letter < 0x100 ? "\\x%02x" : "\\u%04x",
                static_cast<unsigned>(letter));
  return text.data();
}

}  // namespace

std::string screen_text(std::string_view text, bool utf8) {
  std::string line;
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t before = text.size();
    const char32_t letter = take_code_point(text);
    const bool invalid = letter == kReplacementCharacter && before - text.size() == 1;
    const bool ascii = letter < 0x80;
    const bool shown =
        ascii ? letter >= 0x20 && letter != 0x7f : !is_deceptive(letter) && columns_of(letter) >= 0;
    if (invalid) {
      line += escaped(first);
    } else if (!ascii && !utf8) {
      line += '?';
    } else if (shown) {
      append_utf8(line, letter);
    } else {
      line += escaped(letter);
    }
  }
  return line;
}

int screen_columns(std::string_view text) {
  int columns = 0;
  while (!text.empty()) columns += columns_of(take_code_point(text));
  return columns;
}

std::string cut_to_columns(std::string_view text, int columns, bool utf8) {
  if (screen_columns(text) <= columns) return std::string(text);
  std::string_view rest = text;
  std::string_view kept = text.substr(0, 0);
  int used = 0;
  while (!rest.empty()) {
    used += columns_of(take_code_point(rest));
    if (used > columns - 1) break;
    kept = text.substr(0, text.size() - rest.size());
  }
  return columns < 1 ? "" : std::string(kept) + (utf8 ? "\xe2\x80\xa6" : "~");
}

std::vector<std::string> wrap_to_columns(std::string_view text, int columns) {
  std::vector<std::string> lines(1);
  int used = 0;
  const auto put = [&](std::string_view word) {
    while (!word.empty()) {
      std::string_view rest = word;
      const int width = columns_of(take_code_point(rest));
      if (used + width > columns && used > 0) {
        lines.emplace_back();
        used = 0;
      }
      lines.back() += word.substr(0, word.size() - rest.size());
      used += width;
      word = rest;
    }
  };
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size() < text.size() ? word.size() + 1 : word.size());
    if (word.empty()) continue;
    const int width = screen_columns(word);
    if (used > 0 && used + 1 + width > columns) {
      lines.emplace_back();
      used = 0;
    } else if (used > 0) {
      lines.back() += ' ';
      ++used;
    }
    put(word);
  }
  return lines;
}

}  // namespace joist::ctl
