// Any bytes for every parser of collectors/network: the first byte chooses which.
#include <cstdint>
#include <iterator>
#include <string_view>

#include "collectors/fields.h"
#include "collectors/network/address_list.h"
#include "collectors/network/arp.h"
#include "collectors/network/conntrack.h"
#include "collectors/network/ethtool.h"
#include "collectors/network/fibrechannel.h"
#include "collectors/network/infiniband.h"
#include "collectors/network/ip_address.h"
#include "collectors/network/ipvs.h"
#include "collectors/network/link_table.h"
#include "collectors/network/netclass.h"
#include "collectors/network/netdev.h"
#include "collectors/network/netstat.h"
#include "collectors/network/network_route.h"
#include "collectors/network/qdisc.h"
#include "collectors/network/socket_queues.h"
#include "collectors/network/sockstat.h"
#include "collectors/network/softnet.h"
#include "collectors/network/tcpstat.h"
#include "collectors/network/wifi.h"

namespace {

using namespace joist::collectors;

void read_lines(std::string_view text) {
  Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    static_cast<void>(parse_arp_line(line));
    static_cast<void>(parse_netdev_line(line));
    static_cast<void>(parse_sockstat_line(line));
    static_cast<void>(parse_softnet_line(line));
    static_cast<void>(parse_socket_line(line));
    static_cast<void>(netstat_protocol(line));
    static_cast<void>(split_snmp6_name(line));
    if (const auto ipvs = parse_ipvs_line(line)) {
      static_cast<void>(parse_ipvs_endpoint(ipvs->endpoint));
    }
  }
}

void read_attributes(std::string_view text) {
  static_cast<void>(parse_infiniband_state(text));
  static_cast<void>(parse_infiniband_rate(text));
  static_cast<void>(parse_fibrechannel_counter(text));
  static_cast<void>(parse_net_attribute(text));
  static_cast<void>(ethtool_family(sanitize_counter_name(text)));
  static_cast<void>(format_ip_address(text));
  static_cast<void>(address_scope(text));
}

void read_tables(std::string_view text) {
  MalformedLines malformed;
  static_cast<void>(sum_conntrack(text, "fuzz", malformed));
  static_cast<void>(parse_ipvs_totals(text));
}

void read_message(std::string_view payload) {
  if (const auto link = parse_link(payload)) static_cast<void>(describe_link(link->facts));
  static_cast<void>(parse_link_counters(payload));
  if (const auto address = parse_address(payload)) {
    static_cast<void>(format_ip_address(address->bytes));
  }
  Route route;
  static_cast<void>(parse_route(payload, route));
  static_cast<void>(parse_qdisc(payload));
  static_cast<void>(parse_inet_diag(payload));
  static_cast<void>(parse_wifi_family(payload));
  static_cast<void>(parse_wifi_interface(payload));
  static_cast<void>(parse_wifi_network(payload));
  static_cast<void>(parse_wifi_station(payload));
}

void read_messages(std::string_view bytes) {
  NetlinkMessages messages(bytes);
  for (NetlinkMessage message; messages.next(message);) read_message(message.payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr void (*kParsers[])(std::string_view) = {read_lines, read_attributes, read_tables,
                                                    read_message, read_messages};
  kParsers[data[0] % std::size(kParsers)](text);
  return 0;
}
