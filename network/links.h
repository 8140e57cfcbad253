// The network interfaces of this network namespace.
//
// Source: getifaddrs(3) for names, MACs and addresses; /sys/class/net/NAME
//         (Documentation/ABI/testing/sysfs-class-net) for the rest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sys_root.h"

namespace joist::network {

struct Link {
  std::string name;
  std::string mac;  // "52:54:00:12:34:56"; empty for loopback and tunnels
  std::uint32_t mtu_bytes = 0;
  std::string state;                        // operstate: "up", "down", "unknown"
  std::uint64_t speed_bits_per_second = 0;  // 0: not known
  std::vector<std::string> addresses;       // "192.0.2.7/24", sorted
};

// What getifaddrs says of one interface.
struct Interface {
  std::string name;
  std::string mac;
  std::vector<std::string> addresses;  // sorted
};

// Links ordered by name, at most kLinksMax. The ends of pods' veth pairs and
// kube-proxy's address holder are left out: they come and go with workloads and
// say nothing about the host.
Result<std::vector<Link>> observe_links(const SysRoot& root);

// The same from interfaces already listed.
std::vector<Link> describe_links(const SysRoot& root, const std::vector<Interface>& interfaces);

inline constexpr std::size_t kLinksMax = 256;
inline constexpr std::size_t kAddressesMax = 64;  // of one link

}  // namespace joist::network
