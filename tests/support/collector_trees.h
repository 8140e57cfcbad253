// The recorded trees of tests/fixtures/collectors, and what their files "compare" name
// (the format is told in tests/collectors/node_exporter_comparison.py).
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "collectors/options.h"
#include "collectors/roots.h"

namespace joist::support {

inline std::vector<std::filesystem::path> collector_trees() {
  std::vector<std::filesystem::path> trees;
  const auto all = std::filesystem::path(JOIST_FIXTURE_DIR) / "collectors";
  for (const auto& entry : std::filesystem::directory_iterator(all)) trees.push_back(entry.path());
  std::ranges::sort(trees);
  return trees;
}

inline collectors::Roots roots_of(const std::filesystem::path& tree) {
  collectors::Roots roots{
      .procfs = tree / "proc", .sysfs = tree / "sys", .udev_data = tree / "udev"};
  if (std::filesystem::exists(tree / "root")) roots.rootfs = tree / "root";
  return roots;
}

// The collectors whose pages the tree alone decides, with the tree's settings.
inline collectors::Options options_of(const std::filesystem::path& tree) {
  collectors::Options options{.defaults = false, .process = false};
  std::ifstream lines(tree / "compare");
  for (std::string word, rest; lines >> word && std::getline(lines >> std::ws, rest);) {
    if (word == "collector" || word == "joist-collector") options.enabled.push_back(rest);
    const auto equals = rest.find('=');
    if (word == "flag" && rest.starts_with("--collector.") && equals != rest.npos) {
      if (!options.settings.set(rest.substr(2, equals - 2), rest.substr(equals + 1))) return {};
    } else if (word == "flag" && rest.starts_with("--")) {
      if (!options.settings.set(rest.substr(2), "true")) return {};
    }
  }
  return options;
}

}  // namespace joist::support
