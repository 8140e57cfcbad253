#include "collectors/memory/zoneinfo.h"

#include <algorithm>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

struct Row {
  std::string_view word;  // the line's first
  std::string_view family;
  std::string_view help;
};

constexpr Row kRows[] = {
    {"high", "high_pages", "Zone watermark pages_high"},
    {"low", "low_pages", "Zone watermark pages_low"},
    {"managed", "managed_pages", "Present pages managed by the buddy system"},
    {"min", "min_pages", "Zone watermark pages_min"},
    {"nr_active_anon", "nr_active_anon_pages", "Number of anonymous pages recently more used"},
    {"nr_active_file", "nr_active_file_pages", "Number of active pages with file-backing"},
    {"nr_anon_pages", "nr_anon_pages", "Number of anonymous pages currently used by the system"},
    {"nr_anon_transparent_hugepages", "nr_anon_transparent_hugepages",
     "Number of anonymous transparent huge pages currently used by the system"},
    {"nr_dirtied", "nr_dirtied_total", "Page dirtyings since bootup"},
    {"nr_dirty", "nr_dirty_pages", "Number of dirty pages"},
    {"nr_file_pages", "nr_file_pages", "Number of file pages"},
    {"nr_free_pages", "nr_free_pages", "Total number of free pages in the zone"},
    {"nr_inactive_anon", "nr_inactive_anon_pages", "Number of anonymous pages recently less used"},
    {"nr_inactive_file", "nr_inactive_file_pages", "Number of inactive pages with file-backing"},
    {"nr_isolated_anon", "nr_isolated_anon_pages", "Temporary isolated pages from anon lru"},
    {"nr_isolated_file", "nr_isolated_file_pages", "Temporary isolated pages from file lru"},
    {"nr_kernel_stack", "nr_kernel_stacks", "Number of kernel stacks"},
    {"nr_mapped", "nr_mapped_pages", "Number of mapped pages"},
    {"nr_mlock_stack", "nr_mlock_stack_pages", "mlock()ed pages found and moved off LRU"},
    {"nr_shmem", "nr_shmem_pages", "Number of shmem pages (included tmpfs/GEM pages)"},
    {"nr_slab_reclaimable", "nr_slab_reclaimable_pages", "Number of reclaimable slab pages"},
    {"nr_slab_unreclaimable", "nr_slab_unreclaimable_pages", "Number of unreclaimable slab pages"},
    {"nr_unevictable", "nr_unevictable_pages", "Number of unevictable pages"},
    {"nr_writeback", "nr_writeback_pages", "Number of writeback pages"},
    {"nr_written", "nr_written_total", "Page writings since bootup"},
    {"numa_foreign", "numa_foreign_total", "Was intended here, hit elsewhere"},
    {"numa_hit", "numa_hit_total", "Allocated in intended node"},
    {"numa_interleave", "numa_interleave_total", "Interleaver preferred this zone"},
    {"numa_local", "numa_local_total", "Allocation from local node"},
    {"numa_miss", "numa_miss_total", "Allocated in non intended node"},
    {"numa_other", "numa_other_total", "Allocation from other node"},
    {"present", "present_pages", "Physical pages existing within the zone"},
    {"spanned", "spanned_pages", "Total pages spanned by the zone, including holes"},
};
static_assert(std::size(kRows) == kZoneFigures);

constexpr std::string_view kProtection = "protection:";

}  // namespace

std::optional<ZoneHead> parse_zone_head(std::string_view line) {
  Fields fields(line);
  if (fields.next() != "Node") return std::nullopt;
  std::string_view node = fields.next();
  if (!node.ends_with(',')) return std::nullopt;
  node.remove_suffix(1);
  if (!parse_uint(node) || fields.next() != "zone") return std::nullopt;
  const std::string_view zone = fields.next();
  if (zone.empty()) return std::nullopt;
  return ZoneHead{node, zone};
}

void parse_protection(std::string_view line, std::vector<std::uint64_t>& into) {
  into.clear();
  Fields fields(line);
  if (fields.next() != kProtection) return;
  for (auto field = fields.next(); !field.empty(); field = fields.next()) {
    if (field.starts_with('(')) field.remove_prefix(1);
    while (field.ends_with(')') || field.ends_with(',')) field.remove_suffix(1);
    const auto number = parse_uint(field);
    if (!number) return;
    into.push_back(*number);
  }
}

ZoneinfoCollector::ZoneinfoCollector(const Roots& roots)
    : file_(roots.proc(), "zoneinfo", ProcFile::Shape::Records, 32768) {
  for (const Row& row : kRows) {
    const bool total = row.family.ends_with("_total");
    figures_.emplace_back("node_zoneinfo_" + std::string(row.family), row.help,
                          total ? MetricType::Counter : MetricType::Gauge);
  }
}

ZoneinfoCollector::Zone* ZoneinfoCollector::next_zone(std::string_view line) {
  const auto head = parse_zone_head(line);
  Zone* const zone =
      head
          ? zones_.next(line,
                        [&] {
                          return Zone{.key = std::string(line),
                                      .labels = Labels{{"node", head->node}, {"zone", head->zone}}};
                        })
          : nullptr;
  if (zone == nullptr) {
    malformed_.report(file_.path(), line);
    return nullptr;
  }
  zone->figures.fill(std::nullopt);
  zone->protection.clear();
  return zone;
}

void ZoneinfoCollector::read_line(Zone& zone, std::string_view line) {
  Fields fields(line);
  const std::string_view word = fields.next();
  if (word == kProtection) return parse_protection(line, zone.protection);
  const auto row = std::ranges::lower_bound(kRows, word, {}, &Row::word);
  if (row == std::end(kRows) || row->word != word) return;  // not shown
  const auto value = parse_uint(fields.next());
  if (!value) return malformed_.report(file_.path(), line);
  zone.figures[static_cast<std::size_t>(row - std::begin(kRows))] = value;
}

Result<void> ZoneinfoCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  zones_.restart();
  Zone* zone = nullptr;
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    if (line.starts_with("Node")) {
      zone = next_zone(line);
    } else if (zone != nullptr) {
      read_line(*zone, line);
    }
  }
  zones_.finish();
  show(page);
  return {};
}

void ZoneinfoCollector::show(Exposition& page) {
  for (std::size_t figure = 0; figure < kZoneFigures; ++figure) {
    page.begin(figures_[figure]);
    for (const auto& zone : zones_) {
      if (zone->figures[figure]) page.sample(zone->labels, *zone->figures[figure]);
    }
  }
  std::size_t indices = 0;
  for (const auto& zone : zones_) indices = std::max(indices, zone->protection.size());
  for (std::size_t index = 0; index < indices; ++index) {
    if (index == protection_.size()) {
      const std::string number = std::to_string(index);
      protection_.push_back(std::make_unique<Family>("node_zoneinfo_protection_" + number,
                                                     "Protection array " + number + ". field",
                                                     MetricType::Gauge));
    }
    page.begin(*protection_[index]);
    for (const auto& zone : zones_) {
      if (index < zone->protection.size()) page.sample(zone->labels, zone->protection[index]);
    }
  }
}

}  // namespace joist::collectors
