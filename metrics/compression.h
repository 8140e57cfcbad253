// gzip (RFC 1952) and zstd (RFC 8878) of whole pages, at their fastest levels: a page is
// gone over the wire before a better one has saved anything. What they work with is
// kept between pages: making it anew costs as much as a small page.
// Threads: one at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "metrics/accept.h"

namespace joist::metrics {

class Compressor {
 public:
  Compressor();
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // Replaces `out`, which may not be `text`. Io if there is no memory. Identity copies.
  Result<void> compress(Encoding encoding, std::string_view text, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace joist::metrics
