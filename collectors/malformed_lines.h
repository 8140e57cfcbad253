// Lines a collector could not read. Each costs itself only; the first of a
// source is logged, the rest would only repeat it at every scrape.
#pragma once

#include <cstdint>
#include <string_view>

namespace joist::collectors {

class MalformedLines {
 public:
  void report(std::string_view path, std::string_view line);
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
};

}  // namespace joist::collectors
