// Any text for a join token: refused, or exactly what was meant.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pki/join_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto token = joist::pki::parse_join_token(text);
  // One token, one text: what was read is written as it stood.
  if (token && text.find(joist::pki::join_token_text(*token).reveal()) == text.npos) std::abort();
  return 0;
}
