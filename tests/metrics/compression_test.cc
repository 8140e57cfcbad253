// Method: what is compressed is undone by the libraries, twice, because the state is kept.
#include "metrics/compression.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

namespace joist::metrics {
namespace {

std::string gunzipped(std::string packed) {
  std::string text(200'000, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0U);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

std::string unzstd(const std::string& packed) {
  std::string text(200'000, '\0');
  const auto size = ::ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
  EXPECT_FALSE(::ZSTD_isError(size));
  text.resize(::ZSTD_isError(size) != 0 ? 0 : size);
  return text;
}

TEST(Compressor, IsUndone) {
  Compressor compressor;
  for (const std::string& text : {std::string(100'000, 'x'), std::string("y"), std::string()}) {
    std::string packed = "what was there";
    ASSERT_TRUE(compressor.compress(Encoding::Gzip, text, packed).has_value());
    EXPECT_LT(packed.size(), 2000U);
    EXPECT_EQ(gunzipped(packed), text);
    ASSERT_TRUE(compressor.compress(Encoding::Zstd, text, packed).has_value());
    EXPECT_LT(packed.size(), 2000U);
    EXPECT_EQ(unzstd(packed), text);
    ASSERT_TRUE(compressor.compress(Encoding::Identity, text, packed).has_value());
    EXPECT_EQ(packed, text);
  }
}

}  // namespace
}  // namespace joist::metrics
