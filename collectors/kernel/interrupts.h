// Interrupts by line and CPU.
//
// Source: /proc/interrupts: a head with a column for each CPU that is on line, then
//         "name: count... description". A numbered line's description is its
//         controller, hence `info`, and its devices; a named line's is all `info`.
// Emits:  node_interrupts_total{cpu,devices,info,type}  counter; `cpu` is the column, as
//         node_exporter has it, and `type` the name
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/device_filter.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct InterruptLine {
  std::string_view name;
  std::string_view counts;       // the columns, unparsed
  std::string_view description;  // what follows them, its inner space as written
};

// How many columns the first line of /proc/interrupts or /proc/softirqs names.
std::size_t count_cpus(std::string_view head);

// Nothing if the line lacks columns or a description: ERR and MIS count for the whole host.
std::optional<InterruptLine> parse_interrupt_line(std::string_view line, std::size_t cpus);

struct InterruptSource {
  std::string info;
  std::string devices;
};

// `description` taken apart; runs of white space become one space.
InterruptSource describe_interrupt(std::string_view name, std::string_view description);

class InterruptsCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  InterruptsCollector(const Roots& roots, DeviceFilter filter, bool zeros);
  std::string_view name() const override { return "interrupts"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Interrupt {
    std::string key;          // its name
    std::string description;  // what `labels` were rendered from
    bool excluded = false;
    std::vector<Labels> labels;  // one for each column
  };

  void render(Interrupt& interrupt, const InterruptLine& line, std::size_t cpus) const;

  ProcFile file_;
  DeviceFilter filter_;  // over "name;info;devices"
  bool zeros_;
  Listing<Interrupt> interrupts_;
  MalformedLines malformed_;
  const Family total_;
};

}  // namespace joist::collectors
