// Text of lines "key number number …", of which a table says which number of which line
// is shown where: /proc/net/rpc/nfs, the statistics of XFS.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/malformed_lines.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

class NumberLines {
 public:
  // The number in `column` (from 0) of the line that begins with `key`.
  void add(std::string_view key, std::size_t column, SampleSheet::Place place);

  // Sets the values of `text`. What it lacks is 0, as node_exporter shows it (kernels
  // leave out the lines of protocols they were built without); a number that cannot be
  // read has no value, and its line is reported.
  void read_into(std::string_view text, std::string_view path, SampleSheet& sheet,
                 MalformedLines& malformed) const;

 private:
  static constexpr SampleSheet::Place kNowhere = static_cast<SampleSheet::Place>(-1);

  struct Line {
    std::string key;
    std::vector<SampleSheet::Place> places;  // by column
  };

  const Line* find(std::string_view key) const;

  std::vector<Line> lines_;
};

}  // namespace joist::collectors
