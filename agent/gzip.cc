#include "agent/gzip.h"

#define ZLIB_CONST  // next_in as it should be
#include <zlib.h>

namespace joist::agent {

Result<std::string> gzip(std::string_view text) {
  constexpr int kGzipFormat = 16;  // added to the window bits: zlib.h, deflateInit2
  constexpr int kMemoryLevel = 8;
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + kGzipFormat, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    return fail(ErrorCode::Io, "gzip: no memory");
  }
  std::string packed(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<const Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int done = ::deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (done != Z_STREAM_END) return fail(ErrorCode::Io, "gzip: did not finish");
  return packed;
}

}  // namespace joist::agent
