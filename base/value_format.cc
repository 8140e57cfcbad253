#include "base/value_format.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace joist {
namespace {

bool is_lower_or_digit(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
}

bool is_alphanumeric(char letter) {
  return is_lower_or_digit(letter) || (letter >= 'A' && letter <= 'Z');
}

bool is_dns_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_lower_or_digit(text.front()) &&
         is_lower_or_digit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_dns_name(std::string_view text) {
  if (text.size() > 253) return false;
  for (;;) {
    const auto dot = text.find('.');
    if (!is_dns_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_address(std::string_view text, int family) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return text.size() < INET6_ADDRSTRLEN &&
         ::inet_pton(family, std::string(text).c_str(), address.data()) == 1;
}

bool is_address(std::string_view text) {
  return is_address(text, AF_INET) || is_address(text, AF_INET6);
}

// A name whose last label is a number is a mistyped IPv4 address.
bool is_host(std::string_view text) {
  const auto last = text.substr(text.rfind('.') + 1);
  const bool numeric = std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
  return is_address(text) || (is_dns_name(text) && !numeric);
}

bool is_port(std::string_view text, unsigned lowest) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && text.size() <= 5 &&
         port >= lowest && port <= 65535;
}

// "host:port" with an address of version 6 in brackets.
struct HostPort {
  std::string_view host;
  std::string_view port;
  bool bracketed;
};

HostPort split_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {text, {}, false};
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  return {host, text.substr(colon + 1), bracketed};
}

bool is_loopback(std::string_view address) {
  return address == "::1" || (is_address(address, AF_INET) && address.starts_with("127."));
}

bool is_listen(std::string_view text) {
  const auto [host, port, bracketed] = split_host_port(text);
  const bool good =
      bracketed ? is_address(host, AF_INET6) : host == "*" || is_address(host, AF_INET);
  return good && is_port(port, is_loopback(host) ? 0 : 1);
}

// One that other hosts may reach one host by.
bool is_host_address(std::string_view text) {
  in6_addr six{};
  if (::inet_pton(AF_INET6, std::string(text).c_str(), &six) == 1) {
    return !IN6_IS_ADDR_UNSPECIFIED(&six) && !IN6_IS_ADDR_LOOPBACK(&six) &&
           !IN6_IS_ADDR_MULTICAST(&six) && !IN6_IS_ADDR_LINKLOCAL(&six) &&
           !IN6_IS_ADDR_V4MAPPED(&six);
  }
  in_addr four{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &four) != 1) return false;
  const std::uint32_t address = ntohl(four.s_addr);
  const std::uint32_t first = address >> 24;
  // 224/4 is multicast; what is above is reserved, and ends in the broadcast address.
  return first != 0 && first != IN_LOOPBACKNET && first < 224 && address >> 16 != 0xa9fe;
}

bool is_endpoint(std::string_view text) {
  const auto [host, port, bracketed] = split_host_port(text);
  const bool good = bracketed ? is_address(host, AF_INET6)
                              : is_host(host) && host.find(':') == std::string_view::npos;
  return good && is_port(port, 1);
}

bool is_label_value(std::string_view text) {
  return text.empty() || (text.size() <= 63 && is_alphanumeric(text.front()) &&
                          is_alphanumeric(text.back()) && std::ranges::all_of(text, [](char c) {
                            return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
                          }));
}

bool is_label_key(std::string_view text) {
  const auto slash = text.find('/');
  const bool prefixed = slash != std::string_view::npos;
  if (prefixed && !is_dns_name(text.substr(0, slash))) return false;
  const auto name = prefixed ? text.substr(slash + 1) : text;
  return !name.empty() && is_label_value(name);
}

bool is_absolute_path(std::string_view text) {
  return text.starts_with('/') && text.find('\0') == std::string_view::npos;
}

}  // namespace

bool has_format(std::string_view text, v1::Format format) {
  switch (format) {
    case v1::FORMAT_DNS_LABEL:
      return is_dns_label(text);
    case v1::FORMAT_DNS_NAME:
      return is_dns_name(text);
    case v1::FORMAT_LISTEN:
      return is_listen(text);
    case v1::FORMAT_ENDPOINT:
      return is_endpoint(text);
    case v1::FORMAT_ABSOLUTE_PATH:
      return is_absolute_path(text);
    case v1::FORMAT_LABEL_KEY:
      return is_label_key(text);
    case v1::FORMAT_LABEL_VALUE:
      return is_label_value(text);
    case v1::FORMAT_ADDRESS:
      return is_address(text);
    case v1::FORMAT_HOST:
      return is_host(text);
    case v1::FORMAT_HOST_ADDRESS:
      return is_host_address(text);
    default:
      return true;
  }
}

std::string format_expected(v1::Format format) {
  switch (format) {
    case v1::FORMAT_DNS_LABEL:
      return "a DNS label: a-z, 0-9 and '-', at most 63";
    case v1::FORMAT_DNS_NAME:
      return "a DNS name in lower case, at most 253 characters";
    case v1::FORMAT_LISTEN:
      return "address:port, [v6]:port or *:port; port 0 on loopback alone";
    case v1::FORMAT_ENDPOINT:
      return "host:port or [v6]:port";
    case v1::FORMAT_ABSOLUTE_PATH:
      return "a path that begins with '/'";
    case v1::FORMAT_LABEL_KEY:
      return "a label key: [prefix/]name of A-Z, a-z, 0-9, '-', '_' and '.', at most 63";
    case v1::FORMAT_LABEL_VALUE:
      return "a label value: A-Z, a-z, 0-9, '-', '_' and '.', at most 63";
    case v1::FORMAT_ADDRESS:
      return "an IPv4 or IPv6 address";
    case v1::FORMAT_HOST_ADDRESS:
      return "an IPv4 or IPv6 address that other hosts can reach: not 0.0.0.0 or ::, loopback, "
             "link-local or multicast";
    case v1::FORMAT_HOST:
      return "a DNS name in lower case or an IP address";
    default:
      return "any text";
  }
}

}  // namespace joist
