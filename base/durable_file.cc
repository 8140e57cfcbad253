#include "base/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/unique_fd.h"

namespace joist {
namespace {

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "write " + path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> write_new_file(const std::string& path, std::string_view bytes, mode_t mode) {
  // Not followed if it is a link, and never readable for longer than it must be.
  ::unlink(path.c_str());
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & S_IRWXU));
  if (!fd) return fail_errno(errno, "create " + path);
  if (auto written = write_all(fd.get(), bytes, path); !written) return written;
  if (::fchmod(fd.get(), mode) != 0) return fail_errno(errno, "chmod " + path);
  if (::fsync(fd.get()) != 0) return fail_errno(errno, "sync " + path);
  return {};
}

Result<void> sync_directory(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + path);
  if (::fsync(fd.get()) != 0) return fail_errno(errno, "sync " + path);
  return {};
}

}  // namespace

Result<void> write_durably(const std::string& path, std::string_view bytes, mode_t mode) {
  const std::filesystem::path target(path);
  const std::string directory =
      target.has_parent_path() ? target.parent_path().string() : std::string(".");
  const std::string beside = directory + "/." + target.filename().string() + ".new";
  if (auto written = write_new_file(beside, bytes, mode); !written) {
    ::unlink(beside.c_str());
    return written;
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    const int error_number = errno;
    ::unlink(beside.c_str());
    return fail_errno(error_number, "rename to " + path);
  }
  return sync_directory(directory);
}

}  // namespace joist
