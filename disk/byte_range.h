// A stretch of a disk.
#pragma once

#include <cstdint>

namespace joist::disk {

struct ByteRange {
  std::uint64_t start_bytes = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t end_bytes() const { return start_bytes + size_bytes; }
  bool operator==(const ByteRange&) const = default;
};

}  // namespace joist::disk
