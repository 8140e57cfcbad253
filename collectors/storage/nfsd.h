// What this host's NFS server did.
//
// Source: /proc/net/rpc/nfsd, there while the module is loaded: lines "key number
//         number …" (net/sunrpc/stats.c, fs/nfsd/stats.c).
// Emits:  node_nfsd_requests_total{method,proto}, node_nfsd_packets_total{proto},
//         node_nfsd_rpc_errors_total{error}, node_nfsd_*_total  counter;
//         node_nfsd_server_threads, node_nfsd_read_ahead_cache_size_blocks  gauge
#pragma once

#include <string_view>

#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/number_lines.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

class NfsdCollector final : public Collector {
 public:
  explicit NfsdCollector(const Roots& roots);
  std::string_view name() const override { return "nfsd"; }
  Result<void> collect(Exposition& page) override;

 private:
  ModuleFile file_;
  NumberLines lines_;
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
