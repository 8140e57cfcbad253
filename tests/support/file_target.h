// A file that is cleared and restored as if it were a disk.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "disk/block_target.h"

namespace joist::support {

class FileTarget final : public disk::BlockTarget {
 public:
  // `fd`: open for reading and writing; it stays the caller's.
  explicit FileTarget(int fd, std::uint32_t sector_bytes = 512)
      : fd_(fd), sector_bytes_(sector_bytes) {}

  std::uint64_t size_bytes() const override {
    struct stat status {};
    return ::fstat(fd_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }
  std::uint32_t sector_bytes() const override { return sector_bytes_; }

  Result<std::string> read(const disk::ByteRange& range) override {
    std::string bytes(range.size_bytes, '\0');
    const ssize_t got =
        ::pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(range.start_bytes));
    if (got < 0) return fail_errno(errno, "read");
    if (static_cast<std::size_t>(got) != bytes.size()) return fail(ErrorCode::Io, "a short read");
    return bytes;
  }

  Result<void> write(std::uint64_t offset_bytes, std::string_view bytes) override {
    if (offset_bytes % sector_bytes_ != 0 || bytes.size() % sector_bytes_ != 0) {
      return fail(ErrorCode::Malformed, "not in whole sectors");
    }
    if (offset_bytes + bytes.size() > size_bytes()) {
      return fail(ErrorCode::Io, "beyond the end");  // a file would grow; a disk does not
    }
    const ssize_t written =
        ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset_bytes));
    if (written < 0) return fail_errno(errno, "write");
    if (static_cast<std::size_t>(written) != bytes.size()) {
      return fail(ErrorCode::Io, "a short write");
    }
    return {};
  }

  // Nothing reads past the page cache here.
  Result<void> flush() override { return {}; }

 private:
  int fd_;
  std::uint32_t sector_bytes_;
};

}  // namespace joist::support
