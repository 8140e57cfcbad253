// How many neighbours of each interface are in the ARP table.
//
// Source: /proc/net/arp (proc_pid_net(5)): a line a neighbour, the interface last; the
//         kernel leaves out those that need no ARP.
// Emits:  node_arp_entries{device}  gauge
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/device_filter.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

// The interface of a neighbour; empty if the line is none (as the header).
std::string_view parse_arp_line(std::string_view line);

class ArpCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  ArpCollector(const Roots& roots, DeviceFilter filter);
  std::string_view name() const override { return "arp"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Device {
    std::string name;
    bool excluded = false;
    Labels labels;
    std::uint64_t entries = 0;
  };

  Device& find(std::string_view name);

  ProcFile file_;
  DeviceFilter filter_;
  std::vector<Device> devices_;  // in the order they were met; kept for the next time
  MalformedLines malformed_;
  const Family entries_;
};

}  // namespace joist::collectors
