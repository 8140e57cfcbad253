// Bytes that wait in the queues of UDP sockets.
//
// Source: /proc/net/udp and /proc/net/udp6 (proc_pid_net(5)). The kernel goes through its whole
//         table of ports for them, which costs as much as a fifth of all other files; so they
//         are left alone while /proc/net/sockstat says that no such socket is in use.
// Emits:  node_udp_queues{ip="v4"|"v6",queue="rx"|"tx"}  gauge
#pragma once

#include <array>
#include <string_view>

#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

class UdpQueuesCollector final : public Collector {
 public:
  explicit UdpQueuesCollector(const Roots& roots);
  std::string_view name() const override { return "udp_queues"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Protocol {
    ModuleFile file;  // absent where that IP is switched off
    std::shared_ptr<SharedFile> sockstat;
    std::string_view name;  // there
    Labels receive, transmit;
  };
  struct Waiting {
    std::uint64_t receive_bytes = 0;
    std::uint64_t transmit_bytes = 0;
  };

  Result<Waiting> count(Protocol& protocol);

  const bool live_;
  std::array<Protocol, 2> protocols_;
  MalformedLines malformed_;
  const Family queues_;
};

}  // namespace joist::collectors
