// A directory of a test's own, gone with the test; a SysRoot onto it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/sys_root.h"

namespace joist::support {

class TempRoot {
 public:
  TempRoot() {
    std::string name = (std::filesystem::temp_directory_path() / "joist-test.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempRoot() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempRoot(const TempRoot&) = delete;
  TempRoot& operator=(const TempRoot&) = delete;

  // Writes a file at the absolute `path` under this root.
  void write(std::string_view path, std::string_view text) const {
    const auto full = sys_root().resolve(path);
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << text;
  }

  SysRoot sys_root() const { return SysRoot(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace joist::support
