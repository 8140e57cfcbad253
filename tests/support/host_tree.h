// A recorded host, tests/fixtures/hosts/<name>.tree, unpacked under a TempRoot:
//
//   # comment
//   /sys/block/sda/size = 838860800        a one-line file
//   /sys/class/block/sda -> ../../devices  a link
//   /proc/self/mountinfo <<                a file, up to a line ">>"
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/support/temp_root.h"

namespace joist::support {

inline void unpack_host(const TempRoot& root, const std::string& name) {
  std::ifstream tree(std::string(JOIST_FIXTURE_DIR) + "/hosts/" + name + ".tree");
  const auto broken = [&name](const std::string& line) {
    std::cerr << "fixture " << name << ": " << line << '\n';
    std::abort();
  };
  if (!tree) broken("cannot be read");
  std::string line;
  while (std::getline(tree, line)) {
    if (line.empty() || line.front() == '#') continue;
    const auto space = line.find(' ');
    const std::string path = line.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    if (rest.starts_with("= ")) {
      root.write(path, rest.substr(2) + "\n");
    } else if (rest == "=") {
      root.write(path, "\n");
    } else if (rest.starts_with("-> ")) {
      const auto full = root.sys_root().resolve(path);
      std::filesystem::create_directories(full.parent_path());
      std::filesystem::create_symlink(rest.substr(3), full);
    } else if (rest == "<<") {
      std::string text;
      while (std::getline(tree, line) && line != ">>") text += line + "\n";
      root.write(path, text);
    } else {
      broken(line);
    }
  }
}

}  // namespace joist::support
