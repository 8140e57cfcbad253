// Which devices a collector shows: node_exporter's pair of filters, one that
// names what is left out and one that names what alone is shown.
#pragma once

#include <string_view>
#include <utility>

#include "collectors/name_filter.h"

namespace joist::collectors {

class DeviceFilter {
 public:
  DeviceFilter(NameFilter include, NameFilter exclude)
      : include_(std::move(include)), exclude_(std::move(exclude)) {}

  bool leaves_out(std::string_view device) const {
    if (exclude_.matches(device)) return true;
    return !include_.is_empty() && !include_.matches(device);
  }

 private:
  NameFilter include_;  // empty: all
  NameFilter exclude_;
};

}  // namespace joist::collectors
