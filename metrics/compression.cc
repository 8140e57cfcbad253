#include "metrics/compression.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace joist::metrics {
namespace {

constexpr int kZstdLevel = 1;

struct FreeZstd {
  void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
};

}  // namespace

struct Compressor::State {
  isal_zstream gzip{};
  std::vector<std::uint8_t> packed;  // kept: a string of that size would be cleared each time
  std::unique_ptr<ZSTD_CCtx, FreeZstd> zstd;

  Result<void> to_gzip(std::string_view text, std::string& out) {
    // What cannot be packed is stored, in blocks of 64 KiB with five bytes before each (RFC 1951,
    // 3.2.4), between the head and the end of the file.
    packed.resize(std::max(packed.size(), text.size() + text.size() / 8192 + 64));
    ::isal_deflate_stateless_init(&gzip);
    gzip.gzip_flag = IGZIP_GZIP;
    gzip.end_of_stream = 1;
    gzip.flush = NO_FLUSH;
    gzip.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
    gzip.avail_in = static_cast<std::uint32_t>(text.size());
    gzip.next_out = packed.data();
    gzip.avail_out = static_cast<std::uint32_t>(packed.size());
    const int status = ::isal_deflate_stateless(&gzip);
    if (status != COMP_OK) {
      return fail(ErrorCode::Io, "gzip: did not finish, ISA-L says " + std::to_string(status));
    }
    out.assign(reinterpret_cast<const char*>(packed.data()), gzip.total_out);
    return {};
  }

  Result<void> to_zstd(std::string_view text, std::string& out) {
    if (!zstd) zstd.reset(::ZSTD_createCCtx());
    if (!zstd) return fail(ErrorCode::Io, "zstd: no memory");
    out.resize(::ZSTD_compressBound(text.size()));
    const std::size_t size = ::ZSTD_compressCCtx(zstd.get(), out.data(), out.size(), text.data(),
                                                 text.size(), kZstdLevel);
    if (::ZSTD_isError(size) != 0) {
      return fail(ErrorCode::Io, std::string("zstd: ") + ::ZSTD_getErrorName(size));
    }
    out.resize(size);
    return {};
  }
};

Compressor::Compressor() : state_(std::make_unique<State>()) {}
Compressor::~Compressor() = default;

Result<void> Compressor::compress(Encoding encoding, std::string_view text, std::string& out) {
  if (encoding == Encoding::Gzip) return state_->to_gzip(text, out);
  if (encoding == Encoding::Zstd) return state_->to_zstd(text, out);
  out.assign(text);
  return {};
}

}  // namespace joist::metrics
