// A disk as the clearing sees it. The real one is disk_target.h; tests have models that tear, lose
// and fail writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "disk/byte_range.h"

namespace joist::disk {

class BlockTarget {
 public:
  virtual ~BlockTarget() = default;

  virtual std::uint64_t size_bytes() const = 0;
  virtual std::uint32_t sector_bytes()
      const = 0;  // logical: what is written whole, or torn between

  // In whole sectors. Io where it cannot be read.
  virtual Result<std::string> read(const ByteRange& range) = 0;

  // In whole sectors. On the medium only after flush(). Refused, and nothing is written, where it
  // is no longer the disk that was meant.
  virtual Result<void> write(std::uint64_t offset_bytes, std::string_view bytes) = 0;

  // All that was written is on the medium.
  virtual Result<void> flush() = 0;
};

}  // namespace joist::disk
