// What all text files of a host show together: valid as a part of a page whatever stands in
// them. Where files contradict each other the first one is right.
// Pure.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/textfile/metrics_text.h"

namespace joist::collectors {

struct TextFile {
  std::string path;
  MetricsText content;
};

struct TextfilePage {
  std::string text;                     // families by name
  std::vector<std::string> complaints;  // what was left out and why, for the log
};

// Without the families that have or need a name of `taken`, which others have.
TextfilePage merge_text_files(std::span<const TextFile* const> files,
                              const std::set<std::string, std::less<>>& taken);

}  // namespace joist::collectors
