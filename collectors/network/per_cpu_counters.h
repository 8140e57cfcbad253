// The files of /proc/net/stat: a line of names, then for each CPU a line of hexadecimal
// counters. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/fields.h"

namespace joist::collectors {

class PerCpuCounters {
 public:
  explicit PerCpuCounters(std::string_view text) : lines_(text) { lines_.next(names_); }

  // The line of names.
  std::string_view names() const { return names_; }

  // The next CPU's line; false after the last.
  bool next(std::string_view& counters) { return lines_.next(counters); }

 private:
  Lines lines_;
  std::string_view names_;
};

// Where `name` is in the line of names, from 0; a number beyond the last if it is not there.
inline std::size_t column_of(std::string_view names, std::string_view name) {
  Fields fields(names);
  for (std::size_t column = 0;; ++column) {
    const std::string_view field = fields.next();
    if (field == name) return column;
    if (field.empty()) return static_cast<std::size_t>(-1);
  }
}

}  // namespace joist::collectors
