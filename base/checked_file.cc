#include "base/checked_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/durable_file.h"
#include "base/sha256.h"
#include "base/unique_fd.h"

namespace joist {
namespace {

// "joist-job-1\n", 32 bytes of SHA-256 over what follows, and that.
std::string head_of(std::string_view kind) { return std::string(kind) + "\n"; }

Result<std::string> read_whole(const std::string& path, std::size_t bytes_max) {
  // Without O_NONBLOCK a pipe in its place would be waited for.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ELOOP) return fail(ErrorCode::Malformed, path + ": is a link");
  if (!fd) return fail_errno(errno, "open " + path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "stat " + path);
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > bytes_max) {
    return fail(ErrorCode::Malformed,
                path + ": not a file of at most " + std::to_string(bytes_max) + " bytes");
  }
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + at, bytes.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read " + path);
    if (got == 0) break;
    at += static_cast<std::size_t>(got);
  }
  bytes.resize(at);
  return bytes;
}

}  // namespace

Result<void> write_checked(const std::string& path, std::string_view kind, std::string_view bytes,
                           mode_t mode) {
  std::string text = head_of(kind);
  text += sha256(bytes);
  text += bytes;
  return write_durably(path, text, mode);
}

Result<std::string> read_checked(const std::string& path, std::string_view kind,
                                 std::size_t bytes_max) {
  const std::string head = head_of(kind);
  auto text = read_whole(path, bytes_max + head.size() + kSha256Bytes);
  if (!text) return text;
  if (!text->starts_with(head)) {
    return fail(ErrorCode::Malformed, path + ": not a file of kind " + std::string(kind));
  }
  if (text->size() < head.size() + kSha256Bytes) {
    return fail(ErrorCode::Malformed, path + ": cut short");
  }
  const std::string checksum = text->substr(head.size(), kSha256Bytes);
  text->erase(0, head.size() + kSha256Bytes);
  if (sha256(*text) != checksum) {
    return fail(ErrorCode::Malformed, path + ": cut short or changed: its checksum is wrong");
  }
  return text;
}

}  // namespace joist
