// Bytes that wait in the queues of UDP sockets.
//
// Source: /proc/net/udp and /proc/net/udp6 (proc_pid_net(5)).
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
    Labels receive, transmit;
  };

  std::array<Protocol, 2> protocols_;
  MalformedLines malformed_;
  const Family queues_;
};

}  // namespace joist::collectors
