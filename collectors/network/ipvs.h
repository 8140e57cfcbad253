// The kernel's load balancer: what it forwarded, and to whom.
//
// Source: /proc/net/ip_vs_stats and /proc/net/ip_vs (net/netfilter/ipvs/ip_vs_ctl.c);
//         addresses, ports and totals are hexadecimal.
// Emits:  node_ipvs_{connections,incoming_packets,outgoing_packets,incoming_bytes,
//         outgoing_bytes}_total  counter
//         node_ipvs_backend_{connections_active,connections_inactive,weight}{local_address,
//         local_mark,local_port,proto,remote_address,remote_port}  gauge; of the labels
//         those that collector.ipvs.backend-labels names, summed over the others
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

using IpvsTotals = std::array<std::uint64_t, 5>;  // in the order of "Emits"

// Nothing if the third line of `text` is not of five hexadecimal numbers.
std::optional<IpvsTotals> parse_ipvs_totals(std::string_view text);

// A service ("TCP  C0A80016:0CEA wlc") or one of its real servers ("  -> …").
struct IpvsLine {
  bool is_server = false;
  std::string_view protocol;  // of a service: "TCP", "FWM"
  std::string_view endpoint;  // address:port, or of FWM the mark
  std::uint64_t weight = 0;
  std::uint64_t active = 0;
  std::uint64_t inactive = 0;
};

// Nothing if the line is neither.
std::optional<IpvsLine> parse_ipvs_line(std::string_view line);

struct IpvsEndpoint {
  std::string address;
  std::uint64_t port = 0;
};

// "C0A80016:0CEA", "[2001:0db8:…:0001]:0050". Nothing if it is neither.
std::optional<IpvsEndpoint> parse_ipvs_endpoint(std::string_view text);

class IpvsCollector final : public Collector {
 public:
  // Which labels are shown, in the order of their names.
  using Shown = std::array<bool, 6>;

  static Made make(const Roots& roots, const Settings& settings);
  IpvsCollector(const Roots& roots, const Shown& shown);
  std::string_view name() const override { return "ipvs"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Backend {
    Labels labels;
    bool seen = false;
    std::array<std::uint64_t, 3> values{};  // active, inactive, weight
  };

  Backend* find(const IpvsLine& service, const IpvsLine& server);
  std::optional<Labels> make_labels(const IpvsLine& service, const IpvsLine& server) const;
  Result<void> show_totals(Exposition& page);
  Result<void> show_backends(Exposition& page);

  ModuleFile totals_, table_;
  const Shown shown_;
  std::vector<Backend> backends_;
  std::unordered_map<std::string, std::size_t> place_of_labels_;
  std::unordered_map<std::string, std::size_t> place_of_lines_;
  std::string key_;
  MalformedLines malformed_;
  std::vector<Family> total_families_, backend_families_;
};

}  // namespace joist::collectors
