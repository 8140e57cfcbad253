#include "base/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/unique_fd.h"
#include "base/yaml_document.h"
#include "base/yaml_message.h"

namespace joist {
namespace {

Result<void> check_file(const std::string& path, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::Refused, path + ": not a regular file, expected a configuration");
  }
  if ((status.st_mode & S_IWOTH) != 0) {
    return fail(ErrorCode::Refused,
                path + ": every user may write it, so it is not believed; chmod o-w " + path);
  }
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return fail(ErrorCode::Refused, path + ": belongs to user " + std::to_string(status.st_uid) +
                                        ", expected root or the user that reads it; chown root " +
                                        path);
  }
  return {};
}

}  // namespace

Result<void> load_config(const std::string& path, google::protobuf::Message& out) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return fail_errno(errno, "open " + path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "fstat " + path);
  if (auto good = check_file(path, status); !good) return good;

  std::string text;
  std::array<char, 16384> chunk{};
  while (text.size() <= kYamlBytesMax) {
    const ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read " + path);
    if (got == 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return decode_yaml(text, path, out);
}

}  // namespace joist
