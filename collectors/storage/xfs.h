// What XFS did, by file system.
//
// Source: /sys/fs/xfs/<device>/stats/stats, lines "group number number …"
//         (xfs.org "Runtime_Stats"; fs/xfs/xfs_stats.h has the order). Groups that
//         are not shown, and those to come, are passed over.
// Emits:  node_xfs_*_total{device}  counter
#pragma once

#include <string>
#include <vector>

#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/malformed_lines.h"
#include "collectors/number_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

class XfsCollector final : public Collector {
 public:
  explicit XfsCollector(const Roots& roots);
  std::string_view name() const override { return "xfs"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Filesystem {
    ProcFile file;
    NumberLines lines;
  };

  void meet_filesystems();

  SysRoot sys_;
  DeviceClass class_;
  std::vector<Filesystem> filesystems_;
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
