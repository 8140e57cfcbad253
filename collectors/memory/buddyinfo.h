// Free blocks of memory by size: how fragmented it is.
//
// Source: /proc/buddyinfo (proc_buddyinfo(5)): "Node N, zone NAME count..."; the n-th count is
//         of blocks of 2^n pages.
// Emits:  node_buddyinfo_blocks{node,size,zone}  gauge; `size` is n
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct BuddyLine {
  std::string_view node;
  std::string_view zone;
  std::string_view head;    // what names both
  std::string_view counts;  // unparsed
};

// Nothing if the line is not of that form.
std::optional<BuddyLine> parse_buddyinfo_line(std::string_view line);

class BuddyinfoCollector final : public Collector {
 public:
  explicit BuddyinfoCollector(const Roots& roots);
  std::string_view name() const override { return "buddyinfo"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Zone {
    std::string key;  // the line's head
    std::string node;
    std::string zone;
    std::vector<Labels> labels;  // by size
  };

  ProcFile file_;
  Listing<Zone> zones_;
  MalformedLines malformed_;
  const Family blocks_;
};

}  // namespace joist::collectors
