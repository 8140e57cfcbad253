#include "collectors/network/network_route.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "collectors/network/ip_address.h"

namespace joist::collectors {
namespace {

struct Protocol {
  std::uint8_t number;
  std::string_view name;
};

// include/uapi/linux/rtnetlink.h, as far as node_exporter knows it.
constexpr Protocol kProtocols[] = {
    {0, "unspec"}, {1, "redirect"}, {2, "kernel"},   {3, "boot"},   {4, "static"},    {8, "gated"},
    {9, "ra"},     {10, "mrt"},     {11, "zebra"},   {12, "bird"},  {13, "dnrouted"}, {14, "xorp"},
    {15, "ntk"},   {16, "dhcp"},    {17, "mrouted"}, {42, "babel"}, {186, "bgp"},     {187, "isis"},
    {188, "ospf"}, {189, "rip"},    {192, "eigrp"},
};

void read_hops(std::string_view bytes, std::vector<RouteHop>& hops) {
  while (bytes.size() >= sizeof(rtnexthop)) {
    const auto header = read_packed<rtnexthop>(bytes);
    if (header.rtnh_len < sizeof header || header.rtnh_len > bytes.size()) return;
    RouteHop hop{header.rtnh_ifindex, {}, header.rtnh_hops + 1U};
    NetlinkAttributes attributes(bytes.substr(0, header.rtnh_len), sizeof header);
    for (NetlinkAttribute attribute; attributes.next(attribute);) {
      if (attribute.type == RTA_GATEWAY) hop.gateway = attribute.data;
    }
    hops.push_back(hop);
    bytes.remove_prefix(std::min<std::size_t>(RTNH_ALIGN(header.rtnh_len), bytes.size()));
  }
}

}  // namespace

std::string_view route_protocol_name(std::uint8_t protocol) {
  const auto* const found = std::ranges::find(kProtocols, protocol, &Protocol::number);
  return found == std::end(kProtocols) ? "unknown" : found->name;
}

bool parse_route(std::string_view payload, Route& route) {
  if (payload.size() < sizeof(rtmsg)) return false;
  const auto header = read_packed<rtmsg>(payload);
  if (header.rtm_type != RTN_UNICAST) return false;
  route.protocol = header.rtm_protocol;
  route.destination_bits = header.rtm_dst_len;
  route.destination = route.source = {};
  route.priority = 0;
  route.hops.clear();
  RouteHop only;
  NetlinkAttributes attributes(payload, sizeof header);
  for (NetlinkAttribute attribute; attributes.next(attribute);) {
    switch (attribute.type) {
      case RTA_DST:
        route.destination = attribute.data;
        break;
      case RTA_PREFSRC:
        route.source = attribute.data;
        break;
      case RTA_PRIORITY:
        route.priority = read_packed<std::uint32_t>(attribute.data);
        break;
      case RTA_GATEWAY:
        only.gateway = attribute.data;
        break;
      case RTA_OIF:
        only.interface_index = read_packed<int>(attribute.data);
        break;
      case RTA_MULTIPATH:
        read_hops(attribute.data, route.hops);
        break;
      default:
        break;
    }
  }
  if (route.hops.empty()) route.hops.push_back(only);
  return true;
}

NetworkRouteCollector::NetworkRouteCollector(const Roots& roots)
    : links_(roots.live() ? shared_links(roots) : nullptr),
      socket_(NETLINK_ROUTE, "the routes"),
      info_("node_network_route_info", "network routing table information", MetricType::Gauge),
      routes_("node_network_routes", "network routes by interface", MetricType::Gauge) {}

NetworkRouteCollector::Entry NetworkRouteCollector::make_entry(const Route& route,
                                                               const RouteHop& hop,
                                                               std::string_view device) const {
  const std::string destination =
      route.destination_bits == 0
          ? "default"
          : format_ip_address(route.destination) + "/" + std::to_string(route.destination_bits);
  return {key_,
          {{"dest", destination},
           {"device", device},
           {"gw", format_ip_address(hop.gateway)},
           {"priority", std::to_string(route.priority)},
           {"proto", route_protocol_name(route.protocol)},
           {"src", format_ip_address(route.source)},
           {"weight", hop.weight ? std::to_string(*hop.weight) : ""}}};
}

void NetworkRouteCollector::count(std::string_view device) {
  auto found = std::ranges::find(devices_, device, &Device::name);
  if (found == devices_.end()) {
    devices_.push_back({std::string(device), Labels{{"device", device}}, 0});
    found = devices_.end() - 1;
  }
  ++found->routes;
}

void NetworkRouteCollector::show(const Route& route, Exposition& page) {
  for (const RouteHop& hop : route.hops) {
    const std::string_view device = names_.of(hop.interface_index);
    count(device);
    key_.assign(device).append(1, '\0');
    for (const std::string_view bytes : {route.destination, route.source, hop.gateway}) {
      key_.append(1, static_cast<char>(bytes.size())).append(bytes);
    }
    key_.append(1, static_cast<char>(route.destination_bits));
    key_.append(1, static_cast<char>(route.protocol));
    const unsigned weight = hop.weight.value_or(0);
    key_.append(bytes_of(route.priority)).append(bytes_of(weight));
    // Two routes may differ in what no label tells, such as their table.
    const Entry* const entry = entries_.next(key_, [&] { return make_entry(route, hop, device); });
    if (entry != nullptr) page.sample(entry->labels, 1U);
  }
}

Result<void> NetworkRouteCollector::collect(Exposition& page) {
  if (!links_) return fail(ErrorCode::NotFound, "another tree");
  if (auto named = names_.update(*links_); !named) return named;
  for (Device& device : devices_) device.routes = 0;
  entries_.restart();
  page.begin(info_);
  struct State {
    NetworkRouteCollector* self;
    Exposition* page;
  } state{this, &page};
  const auto each = [&state](const NetlinkMessage& message) {
    NetworkRouteCollector& self = *state.self;
    if (message.type != RTM_NEWROUTE || !parse_route(message.payload, self.route_)) return;
    self.show(self.route_, *state.page);
  };
  rtmsg request{};
  request.rtm_family = AF_UNSPEC;
  auto dump = socket_.dump(RTM_GETROUTE, bytes_of(request), each);
  if (!dump) return tl::unexpected<Error>(dump.error());
  entries_.finish();
  std::erase_if(devices_, [](const Device& device) { return device.routes == 0; });
  page.begin(routes_);
  for (const Device& device : devices_) page.sample(device.labels, device.routes);
  return {};
}

}  // namespace joist::collectors
