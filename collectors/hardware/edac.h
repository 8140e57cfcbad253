// Memory errors that were corrected, and those that were not.
//
// Source: /sys/devices/system/edac/mc/mc<n> (Documentation/admin-guide/ras.rst): counts of the
//         controller, of what it cannot place (noinfo), of its rows and their channels.
// Emits:  node_edac_{correctable,uncorrectable}_errors_total{controller}
//         node_edac_csrow_…_errors_total{controller,csrow}; csrow "unknown" is noinfo
//         node_edac_channel_…_errors_total{channel,controller,csrow,dimm_label}  counter
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collectors/device_collector.h"

namespace joist::collectors {

// The number of "ch12_ce_count"; nothing if `name` is none of those.
std::optional<std::string_view> parse_edac_channel(std::string_view name);

// As node_exporter writes the label of a DIMM: without "#", "_csrow" and "_channel" set apart.
std::string edac_dimm_label(std::string_view text);

class EdacCollector final : public DeviceCollector {
 public:
  explicit EdacCollector(const Roots& roots);
  std::string_view name() const override { return "edac"; }

 private:
  Result<void> meet(DeviceSheet& sheet, const std::string& name, const std::string& path) override;
  static void meet_row(DeviceSheet& sheet, std::string_view controller, std::string_view row,
                       const std::string& path);
};

}  // namespace joist::collectors
