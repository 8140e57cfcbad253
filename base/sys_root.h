// The one door to /proc, /sys, /etc and /run. Tests open it on a fixture
// directory; containers and `--path.*` flags on another root.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace joist {

class SysRoot {
 public:
  explicit SysRoot(std::filesystem::path root = "/") : root_(std::move(root)) {}

  // The whole file at the absolute `path` under this root. NotFound if absent,
  // Malformed if larger than kFileBytesMax.
  Result<std::string> read(std::string_view path) const;

  // The same for a one-line attribute, without surrounding white space.
  Result<std::string> read_line(std::string_view path) const;

  // Names in a directory, sorted, without "." and "..". NotFound if absent.
  Result<std::vector<std::string>> list(std::string_view path) const;

  // The same, where a directory that is absent has nothing in it.
  Result<std::vector<std::string>> list_any(std::string_view path) const;

  // Where the link at `path` points, as written in it.
  Result<std::string> read_link(std::string_view path) const;

  // `path` below this root, links resolved; the root itself is cut off again.
  Result<std::string> real_path(std::string_view path) const;

  bool exists(std::string_view path) const;

  // The path to hand to the kernel: root + path.
  std::filesystem::path resolve(std::string_view path) const;

  static constexpr std::size_t kFileBytesMax = std::size_t{4} << 20;

 private:
  std::filesystem::path root_;
};

}  // namespace joist
