#include "network/links.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>

namespace joist::network {
namespace {

constexpr std::uint64_t kBitsPerMegabit = 1000 * 1000;

template <typename Address>
Address as(const sockaddr& address) {
  Address typed;
  std::memcpy(&typed, &address, sizeof typed);
  return typed;
}

int prefix_length(const void* mask, std::size_t bytes) {
  int bits = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    bits += std::popcount(static_cast<const unsigned char*>(mask)[i]);
  }
  return bits;
}

std::string address_text(const ifaddrs& entry) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  int bits = 0;
  if (entry.ifa_addr->sa_family == AF_INET) {
    const auto address = as<sockaddr_in>(*entry.ifa_addr);
    ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    bits = 32;
    if (entry.ifa_netmask != nullptr) {
      const auto mask = as<sockaddr_in>(*entry.ifa_netmask);
      bits = prefix_length(&mask.sin_addr, sizeof mask.sin_addr);
    }
  } else {
    const auto address = as<sockaddr_in6>(*entry.ifa_addr);
    ::inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
    bits = 128;
    if (entry.ifa_netmask != nullptr) {
      const auto mask = as<sockaddr_in6>(*entry.ifa_netmask);
      bits = prefix_length(&mask.sin6_addr, sizeof mask.sin6_addr);
    }
  }
  return std::string(text.data()) + "/" + std::to_string(bits);
}

// Empty unless the link has an Ethernet address that is one.
std::string mac_text(const sockaddr_ll& address) {
  if (address.sll_hatype != ARPHRD_ETHER || address.sll_halen != 6) return {};
  std::string text;
  for (int i = 0; i < 6; ++i) {
    char byte[4];
    std::snprintf(byte, sizeof byte, i == 0 ? "%02x" : ":%02x", address.sll_addr[i]);
    text += byte;
  }
  return text;
}

Result<std::vector<Interface>> list_interfaces() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return fail_errno(errno, "getifaddrs");
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);

  std::map<std::string, Interface> by_name;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    Interface& interface = by_name[entry->ifa_name];
    interface.name = entry->ifa_name;
    if (entry->ifa_addr == nullptr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family == AF_PACKET) {
      interface.mac = mac_text(as<sockaddr_ll>(*entry->ifa_addr));
    } else if (family == AF_INET || family == AF_INET6) {
      interface.addresses.push_back(address_text(*entry));
    }
  }
  std::vector<Interface> interfaces;
  for (auto& [name, interface] : by_name) {
    std::ranges::sort(interface.addresses);
    interfaces.push_back(std::move(interface));
  }
  return interfaces;
}

bool is_link_local(std::string_view address) {
  return address.substr(0, 5) == "fe80:" || address.substr(0, 8) == "169.254.";
}

// Whether the link belongs to the host rather than to a workload on it: it has
// hardware, a kind of its own (bond, vlan, bridge, vxlan …; a veth has none), is
// loopback, or carries an address that others can reach.
bool belongs_to_host(const SysRoot& root, const Interface& interface) {
  const std::string directory = "/sys/class/net/" + interface.name;
  if (interface.name == "kube-ipvs0") return false;  // holds every service's address
  if (interface.name == "lo" || root.exists(directory + "/device")) return true;
  const auto uevent = root.read(directory + "/uevent");
  if (uevent && uevent->find("DEVTYPE=") != std::string::npos) return true;
  return std::ranges::any_of(interface.addresses,
                             [](const auto& address) { return !is_link_local(address); });
}

// -1 and EINVAL both mean that the driver does not know.
std::optional<std::uint64_t> number(const Result<std::string>& text) {
  std::uint64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

}  // namespace

std::vector<Link> describe_links(const SysRoot& root, const std::vector<Interface>& interfaces) {
  std::vector<Link> links;
  for (const Interface& interface : interfaces) {
    if (!belongs_to_host(root, interface)) continue;
    if (links.size() == kLinksMax) break;
    const std::string directory = "/sys/class/net/" + interface.name;
    Link link{.name = interface.name,
              .mac = interface.mac,
              .mtu_bytes = static_cast<std::uint32_t>(
                  number(root.read_line(directory + "/mtu")).value_or(0)),
              .state = root.read_line(directory + "/operstate").value_or("unknown"),
              .speed_bits_per_second =
                  number(root.read_line(directory + "/speed")).value_or(0) * kBitsPerMegabit,
              .addresses = interface.addresses};
    // The kernel's ~0u for "unknown" comes out as 4294967295 in some drivers.
    if (link.speed_bits_per_second >= UINT32_MAX * kBitsPerMegabit) link.speed_bits_per_second = 0;
    if (link.addresses.size() > kAddressesMax) link.addresses.resize(kAddressesMax);
    links.push_back(std::move(link));
  }
  return links;
}

Result<std::vector<Link>> observe_links(const SysRoot& root) {
  const auto interfaces = list_interfaces();
  if (!interfaces) return fail(interfaces.error(), "network interfaces");
  return describe_links(root, *interfaces);
}

}  // namespace joist::network
