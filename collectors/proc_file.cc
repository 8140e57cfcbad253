#include "collectors/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace joist::collectors {
namespace {

constexpr std::size_t kPageBytes = 4096;  // the least that a kernel has

// The object behind the descriptor is gone; the name may lead to a new one.
bool says_gone(int error_number) {
  return error_number == ENODEV || error_number == ENXIO || error_number == ESRCH ||
         error_number == ENOENT || error_number == ESTALE;
}

}  // namespace

ProcFile::ProcFile(const SysRoot& root, std::string_view path, Shape shape,
                   std::size_t buffer_bytes, std::size_t record_bytes_max)
    : path_(root.resolve(path).string()),
      shape_(shape),
      record_bytes_max_(record_bytes_max),
      buffer_bytes_(buffer_bytes),
      buffer_(std::make_unique_for_overwrite<char[]>(buffer_bytes)) {}

Result<std::string_view> ProcFile::read() {
  const bool was_open = static_cast<bool>(fd_);
  if (!was_open) {
    if (const int error = open(); error != 0) return fail_errno(error, "open " + path_);
  }

  std::size_t size = 0;
  int error = read_into_buffer(size);
  if (was_open && says_gone(error)) {
    fd_ = UniqueFd();
    if (const int failed = open(); failed != 0) return fail_errno(failed, "open " + path_);
    error = read_into_buffer(size);
  }
  if (error == EFBIG) return fail(ErrorCode::Malformed, path_ + ": larger than 64 MiB");
  if (error != 0) {
    fd_ = UniqueFd();
    return fail_errno(error, "read " + path_);
  }
  return std::string_view(buffer_.get(), size);
}

// Of a piece: whether nothing can come after it.
bool ProcFile::is_last(std::size_t got_bytes, std::size_t room_bytes) const {
  switch (shape_) {
    case Shape::Whole:
      return got_bytes < room_bytes;
    case Shape::ShortRecords:
      return got_bytes + record_bytes_max_ < std::min(room_bytes, kPageBytes);
    case Shape::Records:
      break;
  }
  return false;
}

int ProcFile::open() {
  fd_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  return fd_ ? 0 : errno;
}

void ProcFile::grow(std::size_t used_bytes) {
  buffer_bytes_ = std::min(std::max(used_bytes, kPageBytes) * 2, kBytesMax);
  auto larger = std::make_unique_for_overwrite<char[]>(buffer_bytes_);
  std::copy_n(buffer_.get(), used_bytes, larger.get());
  buffer_ = std::move(larger);
}

int ProcFile::read_into_buffer(std::size_t& size) {
  size = 0;
  for (;;) {
    if (size == buffer_bytes_) {
      if (size >= kBytesMax) return EFBIG;
      grow(size);
    }
    const std::size_t room = buffer_bytes_ - size;
    const ssize_t got = ::pread(fd_.get(), buffer_.get() + size, room, static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    size += static_cast<std::size_t>(got);
    if (got == 0 || is_last(static_cast<std::size_t>(got), room)) return 0;
  }
}

}  // namespace joist::collectors
