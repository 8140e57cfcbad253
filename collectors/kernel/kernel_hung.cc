#include "collectors/kernel/kernel_hung.h"

#include <cstdint>

#include "collectors/number_file.h"

namespace joist::collectors {

KernelHungCollector::KernelHungCollector(const Roots& roots)
    : file_(roots.proc(), "sys/kernel/hung_task_detect_count", ProcFile::Shape::Whole, 64,
            roots.devices),
      tasks_("node_kernel_hung_tasks",
             "Number of tasks that have been detected as hung since the system booted.",
             MetricType::Gauge),
      tasks_total_("node_kernel_hung_tasks_total",
                   "Total number of tasks that have been detected as hung since the system booted.",
                   MetricType::Counter) {}

Result<void> KernelHungCollector::collect(Exposition& page) {
  const auto tasks = read_number<std::uint64_t>(file_);
  if (!tasks) return tl::unexpected<Error>(tasks.error());
  page.begin(tasks_);
  page.sample(*tasks);
  page.begin(tasks_total_);
  page.sample(*tasks);
  return {};
}

}  // namespace joist::collectors
