// The zones of memory: their watermarks, and what fills them.
//
// Source: /proc/zoneinfo (proc_zoneinfo(5), Documentation/admin-guide/sysctl/vm.rst), in
//         pages; the figures of a whole node stand in its first zone.
// Emits:  node_zoneinfo_*{node,zone}  gauge, counter where the name ends with _total
#pragma once

#include <array>
#include <cstdint>
#include <memory>
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

struct ZoneHead {
  std::string_view node;
  std::string_view zone;
};

// Of "Node 0, zone   DMA"; nothing if the line is none.
std::optional<ZoneHead> parse_zone_head(std::string_view line);

// The numbers of "protection: (0, 3019, 22219)"; those up to the first that is none.
void parse_protection(std::string_view line, std::vector<std::uint64_t>& into);

inline constexpr std::size_t kZoneFigures = 33;

class ZoneinfoCollector final : public Collector {
 public:
  explicit ZoneinfoCollector(const Roots& roots);
  std::string_view name() const override { return "zoneinfo"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Zone {
    std::string key;  // the head's line
    Labels labels;
    std::array<std::optional<std::uint64_t>, kZoneFigures> figures{};
    std::vector<std::uint64_t> protection;
  };

  Zone* next_zone(std::string_view line);
  void read_line(Zone& zone, std::string_view line);
  void show(Exposition& page);

  ProcFile file_;
  Listing<Zone> zones_;
  MalformedLines malformed_;
  std::vector<Family> figures_;
  std::vector<std::unique_ptr<Family>> protection_;  // by index, as many as were seen
};

}  // namespace joist::collectors
