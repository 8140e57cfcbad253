// Numbers and text in a block that was read from a disk. What lies past its end reads as zeros: a
// disk can promise anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace joist::disk {

class DiskBytes {
 public:
  explicit DiskBytes(std::string_view bytes) : bytes_(bytes) {}

  std::size_t size() const { return bytes_.size(); }
  std::string_view view(std::size_t at, std::size_t length) const {
    return at < bytes_.size() ? bytes_.substr(at, length) : std::string_view();
  }
  bool has(std::size_t at, std::string_view magic) const { return view(at, magic.size()) == magic; }

  std::uint8_t u8(std::size_t at) const {
    return at < bytes_.size() ? static_cast<std::uint8_t>(bytes_[at]) : 0;
  }
  std::uint16_t le16(std::size_t at) const { return little<std::uint16_t>(at); }
  std::uint32_t le32(std::size_t at) const { return little<std::uint32_t>(at); }
  std::uint64_t le64(std::size_t at) const { return little<std::uint64_t>(at); }
  std::uint32_t be32(std::size_t at) const { return big<std::uint32_t>(at); }
  std::uint64_t be64(std::size_t at) const { return big<std::uint64_t>(at); }

  // Up to the first NUL.
  std::string text(std::size_t at, std::size_t length) const;
  // "1b2c3d4e-…": 16 bytes in the order they stand; "" where all are zero.
  std::string uuid(std::size_t at) const;
  // The same of a GUID whose first three fields are little-endian (UEFI 2.10, appendix A).
  std::string guid(std::size_t at) const;

 private:
  template <typename Number>
  Number little(std::size_t at) const {
    Number value = 0;
    for (std::size_t i = sizeof value; i-- > 0;)
      value = static_cast<Number>(value << 8 | u8(at + i));
    return value;
  }
  template <typename Number>
  Number big(std::size_t at) const {
    Number value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
      value = static_cast<Number>(value << 8 | u8(at + i));
    }
    return value;
  }

  std::string_view bytes_;
};

}  // namespace joist::disk
