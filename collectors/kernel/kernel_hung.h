// Tasks that slept uninterruptibly for longer than the kernel finds right.
//
// Source: /proc/sys/kernel/hung_task_detect_count, Linux 6.13+
//         (Documentation/admin-guide/sysctl/kernel.rst).
// Emits:  node_kernel_hung_tasks_total  counter
//         node_kernel_hung_tasks        gauge, the same number: the name that the
//                                       dashboard "Node Exporter Full" asks for
#pragma once

#include "collectors/collector.h"
#include "collectors/module_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

class KernelHungCollector final : public Collector {
 public:
  explicit KernelHungCollector(const Roots& roots);
  std::string_view name() const override { return "kernel_hung"; }
  Result<void> collect(Exposition& page) override;

 private:
  ModuleFile file_;
  const Family tasks_, tasks_total_;
};

}  // namespace joist::collectors
