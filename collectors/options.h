// What a scrape shows and what it leaves out.
#pragma once

#include <string>
#include <vector>

#include "collectors/settings.h"

namespace joist::collectors {

struct Options {
  // Names of collectors, see collector_names(). What neither list names is on if `defaults`
  // and node_exporter has it on; what both name is off.
  std::vector<std::string> disabled;
  std::vector<std::string> enabled;
  bool defaults = true;
  bool process = true;  // process_* of the embedding process
  Settings settings;

  bool operator==(const Options&) const = default;
};

}  // namespace joist::collectors
