// TCP sockets by state, and the bytes that wait in their queues.
//
// Source: sock_diag(7) (NETLINK_SOCK_DIAG, inet_diag) for the host we run on; where that
//         is refused, and for another tree, /proc/net/tcp and /proc/net/tcp6.
// Emits:  node_tcp_connection_states{state}  gauge; of the states that there are, and
//         rx_queued_bytes, tx_queued_bytes
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/network/netlink.h"
#include "collectors/network/socket_queues.h"
#include "collectors/roots.h"

namespace joist::collectors {

// The answer of inet_diag about one socket; nothing if it is too short.
std::optional<SocketLine> parse_inet_diag(std::string_view payload);

class TcpstatCollector final : public Collector {
 public:
  explicit TcpstatCollector(const Roots& roots);
  std::string_view name() const override { return "tcpstat"; }
  Result<void> collect(Exposition& page) override;

 private:
  static constexpr std::size_t kStates = 12;  // TCP_ESTABLISHED is 1, TCP_CLOSING 11

  void clear();
  void count(const SocketLine& socket);
  Result<void> ask_kernel();
  Result<void> read_file(ModuleFile& file);

  const bool live_;
  NetlinkSocket diagnosis_;
  ModuleFile v4_, v6_;
  MalformedLines malformed_;

  std::array<std::uint64_t, kStates> sockets_{};  // by state; 0: unknown ones
  std::uint64_t receive_bytes_ = 0;
  std::uint64_t transmit_bytes_ = 0;
  bool any_ = false;

  const Family states_;
  std::vector<Labels> labels_;  // by state
  const Labels receive_, transmit_;
};

}  // namespace joist::collectors
