#include "collectors/network/conntrack.h"

#include <algorithm>
#include <optional>
#include <string>

#include "collectors/fields.h"
#include "collectors/network/hexadecimal.h"
#include "collectors/network/per_cpu_counters.h"
#include "collectors/number_file.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kNumberBytes = 64;
constexpr std::size_t kColumnsMax = 64;

struct Counter {
  const char* name;  // in the file and in the family
  const char* help;
};

constexpr std::array<Counter, kConntrackCounters> kCounters{{
    {"drop", "Number of packets dropped due to conntrack failure."},
    {"early_drop",
     "Number of dropped conntrack entries to make room for new ones, if maximum table size was "
     "reached."},
    {"found", "Number of searched entries which were successful."},
    {"ignore", "Number of packets seen which are already connected to a conntrack entry."},
    {"insert", "Number of entries inserted into the list."},
    {"insert_failed", "Number of entries for which list insertion was attempted but failed."},
    {"invalid", "Number of packets seen which can not be tracked."},
    {"search_restart",
     "Number of conntrack table lookups which had to be restarted due to hashtable resizes."},
}};

using Numbers = std::array<std::uint64_t, kColumnsMax>;

std::optional<Numbers> parse_counters(std::string_view line) {
  Numbers numbers{};
  Fields fields(line);
  for (std::uint64_t& number : numbers) {
    const std::string_view field = fields.next();
    if (field.empty()) break;
    const auto value = parse_hexadecimal(field);
    if (!value) return std::nullopt;
    number = *value;
  }
  return numbers;
}

}  // namespace

ConntrackCounters sum_conntrack(std::string_view text, std::string_view path,
                                MalformedLines& malformed) {
  ConntrackCounters sums{};
  PerCpuCounters cpus(text);
  std::array<std::size_t, kConntrackCounters> columns{};
  for (std::size_t i = 0; i < kConntrackCounters; ++i) {
    columns[i] = column_of(cpus.names(), kCounters[i].name);
  }
  for (std::string_view line; cpus.next(line);) {
    const auto numbers = parse_counters(line);
    if (!numbers) {
      malformed.report(path, line);
      continue;
    }
    for (std::size_t i = 0; i < kConntrackCounters; ++i) {
      if (columns[i] < kColumnsMax) sums[i] += (*numbers)[columns[i]];
    }
  }
  return sums;
}

ConntrackCollector::ConntrackCollector(const Roots& roots)
    : count_(roots.proc(), "sys/net/netfilter/nf_conntrack_count", ProcFile::Shape::Whole,
             kNumberBytes, roots.devices),
      max_(roots.proc(), "sys/net/netfilter/nf_conntrack_max", ProcFile::Shape::Whole, kNumberBytes,
           roots.devices),
      counters_(roots.proc(), "net/stat/nf_conntrack", ProcFile::Shape::ShortRecords, 16384,
                roots.devices),
      look_(roots.devices),
      entries_("node_nf_conntrack_entries",
               "Number of currently allocated flow entries for connection tracking.",
               MetricType::Gauge),
      limit_("node_nf_conntrack_entries_limit", "Maximum size of connection tracking table.",
             MetricType::Gauge) {
  for (const Counter& counter : kCounters) {
    families_.emplace_back(std::string("node_nf_conntrack_stat_") + counter.name, counter.help,
                           MetricType::Gauge);
  }
}

Result<void> ConntrackCollector::collect(Exposition& page) {
  const auto count = read_number<std::uint64_t>(count_);
  if (!count) return tl::unexpected<Error>(count.error());
  page.begin(entries_);
  page.sample(*count);
  if (look_.is_due()) {
    const auto max = read_number<std::uint64_t>(max_);
    if (!max) return tl::unexpected<Error>(max.error());
    entries_max_ = *max;
    look_.done();
  }
  page.begin(limit_);
  page.sample(entries_max_);
  const auto text = counters_.read();
  // The table's size is worth showing where the kernel was built without the counters.
  if (!text && text.error().code == ErrorCode::NotFound) return {};
  if (!text) return tl::unexpected<Error>(text.error());
  const ConntrackCounters sums = sum_conntrack(*text, counters_.path(), malformed_);
  for (std::size_t i = 0; i < kConntrackCounters; ++i) {
    page.begin(families_[i]);
    page.sample(sums[i]);
  }
  return {};
}

}  // namespace joist::collectors
