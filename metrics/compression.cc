#include "metrics/compression.h"

#define ZLIB_CONST  // next_in as it should be
#include <zlib.h>
#include <zstd.h>

namespace joist::metrics {
namespace {

constexpr int kZstdLevel = 1;

struct FreeZstd {
  void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
};

}  // namespace

struct Compressor::State {
  State() = default;
  ~State() {
    if (gzip_made) ::deflateEnd(&gzip);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  z_stream gzip{};  // zlib keeps its address
  bool gzip_made = false;
  std::unique_ptr<ZSTD_CCtx, FreeZstd> zstd;

  Result<void> to_gzip(std::string_view text, std::string& out) {
    constexpr int kGzipFormat = 16;  // added to the window bits: zlib.h, deflateInit2
    constexpr int kMemoryLevel = 8;
    if (!gzip_made && ::deflateInit2(&gzip, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + kGzipFormat,
                                     kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
      return fail(ErrorCode::Io, "gzip: no memory");
    }
    gzip_made = true;
    ::deflateReset(&gzip);
    out.resize(::deflateBound(&gzip, text.size()));
    gzip.next_in = reinterpret_cast<const Bytef*>(text.data());
    gzip.avail_in = static_cast<uInt>(text.size());
    gzip.next_out = reinterpret_cast<Bytef*>(out.data());
    gzip.avail_out = static_cast<uInt>(out.size());
    if (::deflate(&gzip, Z_FINISH) != Z_STREAM_END) {
      return fail(ErrorCode::Io, "gzip: did not finish");
    }
    out.resize(gzip.total_out);
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
