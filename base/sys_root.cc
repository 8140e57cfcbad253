#include "base/sys_root.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/trimmed.h"
#include "base/unique_fd.h"

namespace joist {
std::filesystem::path SysRoot::resolve(std::string_view path) const {
  return root_ / std::filesystem::path(path).relative_path();
}

Result<std::string> SysRoot::read(std::string_view path) const {
  const auto full = resolve(path);
  const UniqueFd fd(::open(full.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + full.string());

  std::string text;
  // 4 KiB: /proc/sys allocates and zeroes as much as it is asked for.
  char chunk[4096];
  for (;;) {
    const ssize_t got = ::read(fd.get(), chunk, sizeof chunk);
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read " + full.string());
    text.append(chunk, static_cast<std::size_t>(got));
    if (text.size() > kFileBytesMax) {
      return fail(ErrorCode::Malformed, full.string() + ": larger than 4 MiB");
    }
  }
}

Result<std::string> SysRoot::read_line(std::string_view path) const {
  auto text = read(path);
  if (text) *text = std::string(trimmed(*text));
  return text;
}

Result<std::vector<std::string>> SysRoot::list(std::string_view path) const {
  const auto full = resolve(path);
  std::error_code error;
  std::filesystem::directory_iterator entries(full, error);
  std::vector<std::string> names;
  while (!error && entries != std::filesystem::directory_iterator()) {
    names.push_back(entries->path().filename());
    entries.increment(error);
  }
  if (error) return fail_errno(error.value(), "list " + full.string());
  std::ranges::sort(names);
  return names;
}

Result<std::vector<std::string>> SysRoot::list_any(std::string_view path) const {
  auto names = list(path);
  if (!names && names.error().code == ErrorCode::NotFound) return std::vector<std::string>{};
  return names;
}

Result<std::string> SysRoot::read_link(std::string_view path) const {
  const auto full = resolve(path);
  std::error_code error;
  auto target = std::filesystem::read_symlink(full, error);
  if (error) return fail_errno(error.value(), "readlink " + full.string());
  return target.string();
}

Result<std::string> SysRoot::real_path(std::string_view path) const {
  std::error_code error;
  const auto root = std::filesystem::canonical(root_, error);
  if (error) return fail_errno(error.value(), "resolve " + root_.string());
  const auto real = std::filesystem::canonical(resolve(path), error);
  if (error) return fail_errno(error.value(), "resolve " + resolve(path).string());
  return "/" + real.lexically_relative(root).string();
}

bool SysRoot::exists(std::string_view path) const {
  std::error_code error;
  return std::filesystem::exists(resolve(path), error);
}

}  // namespace joist
