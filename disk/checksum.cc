#include "disk/checksum.h"

#include <isa-l/crc.h>

namespace joist::disk {
namespace {

unsigned char* data_of(std::string_view bytes) {
  // ISA-L asks for bytes it may write to, and writes none.
  return const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data()));
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  return ::crc32_gzip_refl(0, data_of(bytes), bytes.size());
}

std::uint32_t crc32_from(std::uint32_t seed, std::string_view bytes) {
  return ~::crc32_gzip_refl(~seed, data_of(bytes), bytes.size());
}

std::uint32_t crc32c(std::string_view bytes) {
  return ::crc32_iscsi(data_of(bytes), static_cast<int>(bytes.size()), ~std::uint32_t{0});
}

}  // namespace joist::disk
