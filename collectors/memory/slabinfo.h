// The kernel's own memory, by cache. Root's to read.
//
// Source: /proc/slabinfo (slabinfo(5)), version 2: name, active objects, objects, object
//         size, objects per slab, pages per slab.
// Emits:  node_slabinfo_{active_objects,objects,object_size_bytes,objects_per_slab,
//         pages_per_slab}{slab}  gauge
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/name_filter.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

inline constexpr std::size_t kSlabColumns = 5;

struct SlabLine {
  std::string_view slab;
  std::array<std::uint64_t, kSlabColumns> values{};
};

// Nothing if the line is not a name and those numbers.
std::optional<SlabLine> parse_slabinfo_line(std::string_view line);

class SlabinfoCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  SlabinfoCollector(const Roots& roots, NameFilter include, NameFilter exclude);
  std::string_view name() const override { return "slabinfo"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Slab {
    std::string key;
    bool excluded = false;
    Labels labels;
    std::array<std::uint64_t, kSlabColumns> values{};
  };

  ProcFile file_;
  NameFilter include_, exclude_;
  Listing<Slab> slabs_;
  MalformedLines malformed_;
  const std::array<Family, kSlabColumns> columns_;  // in the order of the file
};

}  // namespace joist::collectors
