// One YAML document as a small tree with places, within limits that hold before
// anything is made of it. JSON is YAML and is read too. The adapter of yaml-cpp:
// nothing else in Joist includes it, and its exceptions end here.
//
// Read as YAML 1.2 has it, less what configs are better without: explicit tags,
// several documents, mappings and lists as keys, and duplicate keys are refused.
// Aliases stand for a copy of what they name and count in full against the
// limits, so that a few lines cannot grow into a billion nodes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace joist {

struct YamlPlace {
  int line = 1;    // from 1
  int column = 1;  // from 1, in bytes
};

struct YamlKey {
  std::string text;
  YamlPlace place;
};

struct YamlNode {
  enum class Kind { Null, Scalar, List, Map };
  Kind kind = Kind::Null;
  YamlPlace place;
  std::string text;                // of a scalar
  bool plain = false;              // a scalar without quotes
  std::vector<YamlKey> keys;       // of a map, in the order written
  std::vector<YamlNode> children;  // entries of a list; a map's values, as `keys`
};

constexpr std::size_t kYamlBytesMax = std::size_t{1} << 20;
constexpr int kYamlNodesMax = 100'000;
constexpr int kYamlDepthMax = 64;

// "file:line:column: what", the form of every error about a file.
std::string at_place(std::string_view file_name, YamlPlace place, std::string_view what);

// The only document in `text`; empty text and comments alone are Null. Malformed
// with at_place() text, `file_name` as given.
Result<YamlNode> parse_yaml(std::string_view text, std::string_view file_name);

}  // namespace joist
