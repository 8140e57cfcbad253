#include "collectors/storage/bcache.h"

#include <cmath>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

using MetricType::Counter;
using MetricType::Gauge;

// The file says microseconds and holds nanoseconds, says node_exporter.
std::optional<double> parse_duration_seconds(std::string_view text) {
  const auto value = parse_human_number(text);
  if (!value) return std::nullopt;
  return *value / 1e9;
}

struct Row {
  std::string_view file;  // or key
  FamilyText family;
  AttributeSamples::Parse parse = parse_human_number;
};

constexpr Row kCacheSet[] = {
    {"average_key_size",
     {"node_bcache_average_key_size_sectors", "Average data per key in the btree (sectors).",
      Gauge}},
    {"btree_cache_size",
     {"node_bcache_btree_cache_size_bytes", "Amount of memory currently used by the btree cache.",
      Gauge}},
    {"cache_available_percent",
     {"node_bcache_cache_available_percent",
      "Percentage of cache device without dirty data, usable for writeback (may contain clean "
      "cached data).",
      Gauge}},
    {"congested", {"node_bcache_congested", "Congestion.", Gauge}},
    {"root_usage_percent",
     {"node_bcache_root_usage_percent",
      "Percentage of the root btree node in use (tree depth increases if too high).", Gauge}},
    {"tree_depth", {"node_bcache_tree_depth", "Depth of the btree.", Gauge}},
    {"internal/active_journal_entries",
     {"node_bcache_active_journal_entries",
      "Number of journal entries that are newer than the index.", Gauge}},
    {"internal/btree_nodes", {"node_bcache_btree_nodes", "Total nodes in the btree.", Gauge}},
    {"internal/btree_read_average_duration_us",
     {"node_bcache_btree_read_average_duration_seconds", "Average btree read duration.", Gauge},
     parse_duration_seconds},
    {"internal/cache_read_races",
     {"node_bcache_cache_read_races_total",
      "Counts instances where while data was being read from the cache, the bucket was reused and "
      "invalidated - i.e. where the pointer was stale after the read completed.",
      Counter}},
};

constexpr Row kBackingDevice[] = {
    {"dirty_data",
     {"node_bcache_dirty_data_bytes", "Amount of dirty data for this backing device in the cache.",
      Gauge}},
    {"stats_total/bypassed",
     {"node_bcache_bypassed_bytes_total",
      "Amount of IO (both reads and writes) that has bypassed the cache.", Counter}},
    {"stats_total/cache_hits",
     {"node_bcache_cache_hits_total", "Hits counted per individual IO as bcache sees them.",
      Counter}},
    {"stats_total/cache_misses",
     {"node_bcache_cache_misses_total", "Misses counted per individual IO as bcache sees them.",
      Counter}},
    {"stats_total/cache_bypass_hits",
     {"node_bcache_cache_bypass_hits_total", "Hits for IO intended to skip the cache.", Counter}},
    {"stats_total/cache_bypass_misses",
     {"node_bcache_cache_bypass_misses_total", "Misses for IO intended to skip the cache.",
      Counter}},
    {"stats_total/cache_miss_collisions",
     {"node_bcache_cache_miss_collisions_total",
      "Instances where data insertion from cache miss raced with write (data already present).",
      Counter}},
    {"stats_total/cache_readaheads",
     {"node_bcache_cache_readaheads_total", "Count of times readahead occurred.", Counter}},
};

// Of writeback_rate_debug.
constexpr Row kWriteback[] = {
    {"target",
     {"node_bcache_dirty_target_bytes",
      "Current dirty data target threshold for this backing device in bytes.", Gauge}},
    {"rate",
     {"node_bcache_writeback_rate", "Current writeback rate for this backing device in bytes.",
      Gauge}},
    {"proportional",
     {"node_bcache_writeback_rate_proportional_term",
      "Current result of proportional controller, part of writeback rate", Gauge}},
    {"integral",
     {"node_bcache_writeback_rate_integral_term",
      "Current result of integral controller, part of writeback rate", Gauge}},
    {"change",
     {"node_bcache_writeback_change", "Last writeback rate change step for this backing device.",
      Gauge}},
};

constexpr Row kCacheDevice[] = {
    {"io_errors",
     {"node_bcache_io_errors", "Number of errors that have occurred, decayed by io_error_halflife.",
      Gauge}},
    {"metadata_written",
     {"node_bcache_metadata_written_bytes_total",
      "Sum of all non data writes (btree writes and all other metadata).", Counter}},
    {"written",
     {"node_bcache_written_bytes_total", "Sum of all data that has been written to the cache.",
      Counter}},
};

// Of priority_stats.
constexpr Row kPriority[] = {
    {"Unused",
     {"node_bcache_priority_stats_unused_percent",
      "The percentage of the cache that doesn't contain any data.", Gauge}},
    {"Metadata",
     {"node_bcache_priority_stats_metadata_percent", "Bcache's metadata overhead.", Gauge}},
};

std::optional<double> unit_of(char letter) {
  constexpr std::string_view kLetters = "kMGTPEZY";
  const auto power = kLetters.find(letter);
  if (power == std::string_view::npos) return std::nullopt;
  return std::ldexp(1.0, 10 * static_cast<int>(power + 1));
}

bool is_numbered(std::string_view name, std::string_view stem) {
  return name.starts_with(stem) && name.size() > stem.size() && name[stem.size()] >= '0' &&
         name[stem.size()] <= '9';
}

}  // namespace

std::optional<double> parse_human_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;

  double unit = 1;
  if (text.back() > '9') {
    const auto named = unit_of(text.back());
    if (!named) return std::nullopt;
    unit = *named;
    text.remove_suffix(1);
  }
  const auto point = text.find('.');
  const auto whole = parse_uint(text.substr(0, point));
  if (!whole) return std::nullopt;
  double value = static_cast<double>(*whole);
  if (point != text.npos) {
    const auto fraction = parse_uint(text.substr(point + 1));
    if (!fraction) return std::nullopt;
    value += static_cast<double>(*fraction) / 10.24;
  }
  value = std::trunc(value * unit);
  return negative ? -value : value;
}

std::string_view find_colon_value(std::string_view text, std::string_view key) {
  Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    if (!line.starts_with(key) || !line.substr(key.size()).starts_with(':')) continue;
    const std::string_view value = Fields(line.substr(key.size() + 1)).next();
    return value.substr(0, value.find_first_of("/%"));
  }
  return {};
}

Made BcacheCollector::make(const Roots& roots, const Settings& settings) {
  return std::make_unique<BcacheCollector>(roots, settings.is_on("collector.bcache.priorityStats"));
}

BcacheCollector::BcacheCollector(const Roots& roots, bool priority_stats)
    : sys_(roots.sys()),
      priority_stats_(priority_stats),
      class_(roots.sys(), "/fs/bcache", roots.devices) {}

void BcacheCollector::meet_caches() {
  attributes_.clear();
  reports_.clear();
  sheet_.clear();
  for (const std::string& name : class_.names()) {
    if (name.find('-') != name.npos) meet_cache_set(name);
  }
}

void BcacheCollector::meet_cache_set(const std::string& uuid) {
  const std::string directory = class_.directory() + "/" + uuid + "/";
  const Labels labels{{"uuid", uuid}};
  for (const Row& row : kCacheSet) {
    attributes_.add(sys_, directory + std::string(row.file), sheet_.add(row.family, labels),
                    row.parse);
  }
  const auto devices = sys_.list(directory);
  if (!devices) return;
  for (const std::string& device : *devices) {
    if (is_numbered(device, "bdev")) meet_backing_device(directory + device + "/", uuid, device);
    if (is_numbered(device, "cache")) meet_cache_device(directory + device + "/", uuid, device);
  }
}

void BcacheCollector::meet_backing_device(const std::string& directory, const std::string& uuid,
                                          const std::string& device) {
  const Labels labels{{"backing_device", device}, {"uuid", uuid}};
  for (const Row& row : kBackingDevice) {
    attributes_.add(sys_, directory + std::string(row.file), sheet_.add(row.family, labels),
                    row.parse);
  }
  Report report{ProcFile(sys_, directory + "writeback_rate_debug", ProcFile::Shape::Whole, 512),
                {}};
  if (!report.file.read()) return;
  for (const Row& row : kWriteback) {
    report.values.push_back({row.file, sheet_.add(row.family, labels)});
  }
  reports_.push_back(std::move(report));
}

void BcacheCollector::meet_cache_device(const std::string& directory, const std::string& uuid,
                                        const std::string& device) {
  const Labels labels{{"cache_device", device}, {"uuid", uuid}};
  for (const Row& row : kCacheDevice) {
    attributes_.add(sys_, directory + std::string(row.file), sheet_.add(row.family, labels),
                    row.parse);
  }
  if (!priority_stats_) return;
  Report report{ProcFile(sys_, directory + "priority_stats", ProcFile::Shape::Whole, 1024), {}};
  if (!report.file.read()) return;
  for (const Row& row : kPriority) {
    report.values.push_back({row.file, sheet_.add(row.family, labels)});
  }
  reports_.push_back(std::move(report));
}

Result<void> BcacheCollector::collect(Exposition& page) {
  const auto changed = class_.refresh();
  if (!changed) {
    if (changed.error().code != ErrorCode::NotFound) return tl::unexpected<Error>(changed.error());
    return {};  // node_exporter counts a host without bcache as a success
  }
  if (*changed) meet_caches();

  sheet_.blank();
  attributes_.read_into(sheet_, malformed_);
  for (Report& report : reports_) {
    const auto text = report.file.read();
    if (!text) continue;
    for (const Value& value : report.values) {
      const auto number = parse_human_number(find_colon_value(*text, value.key));
      if (number) {
        sheet_.set(value.place, *number);
      } else {
        malformed_.report(report.file.path(), value.key);
      }
    }
  }
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
