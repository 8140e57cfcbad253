#include "collectors/network/address_list.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace joist::collectors {

std::optional<InterfaceAddress> parse_address(std::string_view payload) {
  if (payload.size() < sizeof(ifaddrmsg)) return std::nullopt;
  const auto header = read_packed<ifaddrmsg>(payload);
  const std::size_t size_bytes = header.ifa_family == AF_INET ? 4 : 16;
  if (header.ifa_family != AF_INET && header.ifa_family != AF_INET6) return std::nullopt;

  InterfaceAddress found{static_cast<int>(header.ifa_index), header.ifa_prefixlen, {}};
  NetlinkAttributes attributes(payload, sizeof header);
  for (NetlinkAttribute attribute; attributes.next(attribute);) {
    if (attribute.data.size() != size_bytes) continue;
    // Where both are told, IFA_ADDRESS is the other end.
    const bool near = attribute.type == IFA_LOCAL;
    if (near || (attribute.type == IFA_ADDRESS && found.bytes.empty())) {
      found.bytes = attribute.data;
    }
  }
  if (found.bytes.empty()) return std::nullopt;
  return found;
}

AddressList::AddressList() : socket_(NETLINK_ROUTE, "the addresses") {}

Result<void> AddressList::read(const std::function<void(const InterfaceAddress&)>& each) {
  ifaddrmsg request{};
  request.ifa_family = AF_UNSPEC;
  auto dump = socket_.dump(RTM_GETADDR, bytes_of(request), [&each](const NetlinkMessage& message) {
    if (message.type != RTM_NEWADDR) return;
    if (const auto address = parse_address(message.payload)) each(*address);
  });
  if (!dump) return tl::unexpected<Error>(dump.error());
  return {};
}

}  // namespace joist::collectors
