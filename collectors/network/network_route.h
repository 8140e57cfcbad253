// The routes of this host, and how many go through each interface.
//
// Source: rtnetlink(7): RTM_GETROUTE dump of all tables, unicast routes of IPv4 and IPv6.
// Emits:  node_network_route_info{dest,device,gw,priority,proto,src,weight}  gauge 1, one
//         for each next hop; node_network_routes{device}  gauge
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/network/link_table.h"
#include "collectors/network/netlink.h"
#include "collectors/roots.h"

namespace joist::collectors {

// One way a route goes.
struct RouteHop {
  int interface_index = 0;
  std::string_view gateway;
  std::optional<unsigned> weight;  // among several hops

  bool operator==(const RouteHop&) const = default;
};

struct Route {
  std::uint8_t protocol = 0;
  std::uint8_t destination_bits = 0;
  std::string_view destination;
  std::string_view source;
  std::uint32_t priority = 0;
  std::vector<RouteHop> hops;
};

// Replaces `route` by what `payload` (of an RTM_NEWROUTE) says; false if it is none of unicast.
bool parse_route(std::string_view payload, Route& route);

// "static", "bgp": RTPROT_*.
std::string_view route_protocol_name(std::uint8_t protocol);

class NetworkRouteCollector final : public Collector {
 public:
  explicit NetworkRouteCollector(const Roots& roots);
  std::string_view name() const override { return "network_route"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Entry {
    std::string key;
    Labels labels;
  };
  struct Device {
    std::string name;
    Labels labels;
    std::uint64_t routes = 0;
  };

  void show(const Route& route, Exposition& page);
  Entry make_entry(const Route& route, const RouteHop& hop, std::string_view device) const;
  void count(std::string_view device);

  std::shared_ptr<LinkTable> links_;  // none on another tree
  LinkNames names_;
  NetlinkSocket socket_;
  Route route_;
  std::string key_;
  Listing<Entry> entries_;
  std::vector<Device> devices_;
  const Family info_, routes_;
};

}  // namespace joist::collectors
