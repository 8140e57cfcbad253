// The IP addresses of this host's interfaces.
//
// Source: rtnetlink(7): RTM_GETADDR dump. Needs no privilege.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "collectors/network/netlink.h"

namespace joist::collectors {

struct InterfaceAddress {
  int interface_index = 0;
  std::uint8_t prefix_bits = 0;
  std::string_view bytes;  // 4 or 16, in network order; the near end of a tunnel

  bool operator==(const InterfaceAddress&) const = default;
};

// Nothing if `payload` (of an RTM_NEWADDR) has no address.
std::optional<InterfaceAddress> parse_address(std::string_view payload);

class AddressList {
 public:
  AddressList();

  // `each` may be called twice for one address if the list changed meanwhile.
  Result<void> read(const std::function<void(const InterfaceAddress&)>& each);

 private:
  NetlinkSocket socket_;
};

}  // namespace joist::collectors
