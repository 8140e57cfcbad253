// The lines of /proc/net/{tcp,udp}{,6} (Documentation/networking/proc_net_tcp.rst). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace joist::collectors {

struct SocketLine {
  std::uint64_t state = 0;
  std::uint64_t transmit_queue_bytes = 0;
  std::uint64_t receive_queue_bytes = 0;
};

// Nothing if the line is none (as the header).
std::optional<SocketLine> parse_socket_line(std::string_view line);

}  // namespace joist::collectors
