// What this host's NFS client did.
//
// Source: /proc/net/rpc/nfs, there while the module is loaded: lines "key number
//         number …" (net/sunrpc/stats.c).
// Emits:  node_nfs_requests_total{method,proto}, node_nfs_packets_total{protocol},
//         node_nfs_connections_total, node_nfs_rpcs_total,
//         node_nfs_rpc_{retransmissions,authentication_refreshes}_total  counter
#pragma once

#include <string_view>

#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/number_lines.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

class NfsCollector final : public Collector {
 public:
  explicit NfsCollector(const Roots& roots);
  std::string_view name() const override { return "nfs"; }
  Result<void> collect(Exposition& page) override;

 private:
  ModuleFile file_;
  NumberLines lines_;
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
