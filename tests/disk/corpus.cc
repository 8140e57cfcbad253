#include "tests/disk/corpus.h"

namespace joist::disk {
namespace {

using support::Image;

std::uint64_t place_of(const Image& image, std::int64_t offset_bytes) {
  const auto offset = static_cast<std::uint64_t>(offset_bytes);
  return offset_bytes < 0 ? image.size_bytes() + offset : offset;
}

}  // namespace

Make written(std::vector<Piece> pieces) {
  return [pieces = std::move(pieces)](const Image& image) {
    for (const Piece& piece : pieces) {
      image.write(place_of(image, piece.offset_bytes), piece.bytes);
    }
  };
}

Make zeroed(Make make, std::vector<Stretch> stretches) {
  return [make = std::move(make), stretches = std::move(stretches)](const Image& image) {
    make(image);
    for (const Stretch& stretch : stretches) {
      image.zero(place_of(image, stretch.offset_bytes), stretch.size_bytes);
    }
  };
}

Make made(std::string command) {
  return [command = std::move(command)](const Image& image) { image.make(command); };
}

Make placed(std::uint64_t offset_bytes, std::uint64_t size_bytes, Make make) {
  return [offset_bytes, size_bytes, make = std::move(make)](const Image& image) {
    const Image part(size_bytes);
    make(part);
    part.copy_to(image, offset_bytes);
  };
}

Make both(Make first, Make second) {
  return [first = std::move(first), second = std::move(second)](const Image& image) {
    first(image);
    second(image);
  };
}

}  // namespace joist::disk
