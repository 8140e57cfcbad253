// IP addresses as node_exporter writes them in labels.
#pragma once

#include <string>
#include <string_view>

namespace joist::collectors {

// Of 4 or 16 bytes in network order: RFC 5952, but an IPv4 address inside IPv6
// (::ffff:1.2.3.4) is written as IPv4. Empty for any other length.
std::string format_ip_address(std::string_view bytes);

// How far an address reaches, in node_exporter's words: "global", "link-local" (also of
// loopback addresses), "interface-local", or nothing for what is none of these.
std::string_view address_scope(std::string_view bytes);

}  // namespace joist::collectors
