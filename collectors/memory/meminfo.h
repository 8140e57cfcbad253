// Memory, as the kernel lists it.
//
// Source: /proc/meminfo (proc_meminfo(5)), "Name: value [kB]"; kB is KiB.
// Emits:  node_memory_<Name>_bytes gauge; without _bytes where the kernel gives
//         no unit (counts of huge pages). "Active(anon)" becomes Active_anon.
#pragma once

#include <optional>
#include <string>

#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct MemoryLine {
  std::string_view field;  // as written, without the colon
  std::uint64_t value = 0;
  bool in_kib = false;
};

// Nothing if the line is not of that form.
std::optional<MemoryLine> parse_meminfo_line(std::string_view line);

// The family's name, or empty if the field cannot be made one.
std::string meminfo_family_name(std::string_view field, bool in_kib);

class MeminfoCollector final : public Collector {
 public:
  explicit MeminfoCollector(const Roots& roots);
  std::string_view name() const override { return "meminfo"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Entry {
    std::string key;
    std::optional<Family> family;  // none: the field cannot be named
  };

  ProcFile file_;
  Listing<Entry> fields_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
