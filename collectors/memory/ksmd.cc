#include "collectors/memory/ksmd.h"

#include "collectors/number_file.h"

namespace joist::collectors {
namespace {

struct Row {
  std::string_view file;
  std::string_view family;
  std::string_view help;
  MetricType type = MetricType::Gauge;
  double divisor = 1;
};

constexpr Row kRows[] = {
    {"full_scans", "full_scans_total", "How many times all mergeable areas have been scanned.",
     MetricType::Counter},
    {"general_profit", "general_profit_bytes",
     "How effective is KSM. ksm_saved_pages * sizeof(page) - (all_rmap_items) * "
     "sizeof(rmap_item)"},
    {"merge_across_nodes", "merge_across_nodes",
     "Specifies if pages from different NUMA nodes can be merged."},
    {"pages_shared", "pages_shared", "How many shared pages are being used."},
    {"pages_sharing", "pages_sharing", "How many more sites are sharing them i.e. how much saved."},
    {"pages_to_scan", "pages_to_scan", "How many pages to scan before ksmd goes to sleep."},
    {"pages_unshared", "pages_unshared",
     "How many pages unique but repeatedly checked for merging."},
    {"pages_volatile", "pages_volatile",
     "How many pages changing too fast to be placed in a tree."},
    {"run", "run", "The status of ksmd. stopped = 0, running = 1"},
    {"sleep_millisecs", "sleep_seconds", "How many seconds ksmd should sleep before next scan.",
     MetricType::Gauge, 1000},
};

}  // namespace

KsmdCollector::KsmdCollector(const Roots& roots) {
  for (const Row& row : kRows) {
    attributes_.push_back({ModuleFile(roots.sys(), "kernel/mm/ksm/" + std::string(row.file),
                                      ProcFile::Shape::Whole, 64, roots.devices),
                           row.divisor,
                           Family("node_ksmd_" + std::string(row.family), row.help, row.type)});
  }
}

Result<void> KsmdCollector::collect(Exposition& page) {
  for (Attribute& attribute : attributes_) {
    const auto value = read_number<double>(attribute.file);
    if (!value && value.error().code == ErrorCode::NotFound) continue;
    if (!value) {
      malformed_.report(attribute.file.path(), value.error().message);
      continue;
    }
    page.begin(attribute.family);
    page.sample(*value / attribute.divisor);
  }
  return {};
}

}  // namespace joist::collectors
