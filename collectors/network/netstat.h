// Counters of the network protocols.
//
// Source: /proc/net/netstat, /proc/net/snmp (proc_pid_net(5); a line of names, a line of
//         values for each protocol) and /proc/net/snmp6 ("name value").
// Emits:  node_netstat_<protocol>_<name>  untyped, for those that
//         collector.netstat.fields picks
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/name_filter.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

// "Ip6InReceives" is InReceives of Ip6.
struct Snmp6Name {
  std::string_view protocol;
  std::string_view name;
};

// Nothing if the name has no "6" in it.
std::optional<Snmp6Name> split_snmp6_name(std::string_view text);

// The protocol of a line of names or values: "Tcp" of "Tcp: ActiveOpens …". Empty if none.
std::string_view netstat_protocol(std::string_view line);

class NetstatCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  NetstatCollector(const Roots& roots, NameFilter fields);
  std::string_view name() const override { return "netstat"; }
  Result<void> collect(Exposition& page) override;

 private:
  // What is shown of one protocol's lines: the columns asked for, in their order.
  struct Protocol {
    struct Column {
      std::size_t number = 0;
      Family family;
    };
    std::string key;
    std::string names;  // the line they were found in
    std::vector<Column> columns;
  };
  struct Entry {
    std::string key;
    std::optional<Family> family;  // none: not picked, or no possible name
  };

  std::optional<Family> make_family(std::string_view protocol, std::string_view name) const;
  void find_columns(Protocol& protocol, std::string_view names) const;
  Result<void> show_pairs(ProcFile& file, Listing<Protocol>& protocols, Exposition& page);
  Result<void> show_snmp6(Exposition& page);

  ProcFile netstat_, snmp_, snmp6_;
  NameFilter wanted_;
  Listing<Protocol> netstat_protocols_, snmp_protocols_;
  Listing<Entry> snmp6_fields_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
