#include "collectors/textfile/textfile_page.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <unordered_set>
#include <utility>

#include "collectors/exposition.h"

namespace joist::collectors {
namespace {

using Type = TextFamily::Type;

// A family of all files.
struct Shown {
  Type type = Type::Untyped;
  std::string first_path;
  std::string paths;  // joined, as node_exporter's HELP has them
  std::optional<std::string> help;
  std::vector<const TextMetric*> metrics;
  std::unordered_set<std::string> series;
};

MetricType metric_type(Type type) {
  switch (type) {
    case Type::Counter:
      return MetricType::Counter;
    case Type::Gauge:
      return MetricType::Gauge;
    case Type::Untyped:
      return MetricType::Untyped;
    case Type::Histogram:
      return MetricType::Histogram;
    case Type::Summary:
      return MetricType::Summary;
  }
  return MetricType::Untyped;
}

class Writer {
 public:
  std::string write(const std::map<std::string, Shown, std::less<>>& families) {
    for (const auto& [name, shown] : families) {
      const std::string help = shown.help.value_or("Metric read from " + shown.paths);
      const Family family(name, help, metric_type(shown.type));
      page_.begin(family);
      for (const TextMetric* metric : shown.metrics) write(shown.type, *metric);
    }
    return std::string(page_.text());
  }

 private:
  void write(Type type, const TextMetric& metric) {
    if (type == Type::Histogram) return write_histogram(metric);
    if (type == Type::Summary) return write_summary(metric);
    page_.sample(labels(metric), metric.value);
  }

  void write_histogram(const TextMetric& metric) {
    const double count = metric.count.value_or(0);
    bool has_infinite = false;
    for (const TextBucket& bucket : metric.buckets) {
      has_infinite |= std::isinf(bucket.bound) && bucket.bound > 0;
      page_.sample("_bucket", labels(metric, "le", bucket.bound), bucket.value);
    }
    if (!has_infinite) {
      page_.sample("_bucket", labels(metric, "le", std::numeric_limits<double>::infinity()), count);
    }
    page_.sample("_sum", labels(metric), metric.sum.value_or(0));
    page_.sample("_count", labels(metric), count);
  }

  void write_summary(const TextMetric& metric) {
    for (const TextBucket& quantile : metric.buckets) {
      page_.sample(labels(metric, "quantile", quantile.bound), quantile.value);
    }
    page_.sample("_sum", labels(metric), metric.sum.value_or(0));
    page_.sample("_count", labels(metric), metric.count.value_or(0));
  }

  static Labels labels(const TextMetric& metric, std::string_view bound_label = {},
                       double bound = 0) {
    std::vector<std::pair<std::string_view, std::string_view>> all(metric.labels.begin(),
                                                                   metric.labels.end());
    const std::string text = number_text(bound);
    if (!bound_label.empty()) all.emplace_back(bound_label, text);
    return Labels(std::span<const std::pair<std::string_view, std::string_view>>(all));
  }

  Exposition page_;
};

// Families of Joist's own programs are added to the page afterwards.
constexpr std::string_view kReserved[] = {"joist_", "promhttp_", "node_exporter_build_info"};

class Merger {
 public:
  explicit Merger(const std::set<std::string, std::less<>>& taken) : taken_(taken) {}

  void add(const TextFile& file) {
    for (const TextFamily& family : file.content.families) {
      if (family.metrics.empty()) continue;
      if (Shown* const shown = admit(file, family)) join(file, family, *shown);
    }
  }

  TextfilePage finish() {
    page_.text = Writer().write(families_);
    return std::move(page_);
  }

 private:
  void complain(const TextFile& file, std::string text) {
    page_.complaints.push_back(file.path + ": " + std::move(text));
  }

  // Null: left out.
  Shown* admit(const TextFile& file, const TextFamily& family) {
    const auto known = families_.find(family.name);
    if (known != families_.end()) {
      if (known->second.type == family.type) return &known->second;
      complain(file, "family " + family.name + " left out: it has another type in " +
                         known->second.first_path);
      return nullptr;
    }
    const auto names = sample_names(family.name, family.type);
    const bool reserved = std::ranges::any_of(
        kReserved, [&](std::string_view prefix) { return family.name.starts_with(prefix); });
    if (reserved) {
      complain(file, "family " + family.name + " left out: names like this are the program's own");
      return nullptr;
    }
    for (const std::string& name : names) {
      if (!taken_.contains(name) && !own_.contains(name)) continue;
      complain(file, "family " + family.name + " left out: another one has the name " + name);
      return nullptr;
    }
    own_.insert(names.begin(), names.end());
    Shown& shown = families_[family.name];
    shown.type = family.type;
    shown.first_path = file.path;
    return &shown;
  }

  void join(const TextFile& file, const TextFamily& family, Shown& shown) {
    shown.paths += (shown.paths.empty() ? "" : ", ") + file.path;
    if (!shown.help) {
      shown.help = family.help;
    } else if (family.help && *family.help != *shown.help) {
      complain(file, "family " + family.name + " has another HELP in " + shown.first_path +
                         ", which is shown");
    }
    for (const TextMetric& metric : family.metrics) {
      if (shown.series.insert(series_key(metric.labels)).second) {
        shown.metrics.push_back(&metric);
      } else {
        complain(file, "line " + std::to_string(metric.line) +
                           " left out: another file has the same sample");
      }
    }
  }

  const std::set<std::string, std::less<>>& taken_;
  std::set<std::string, std::less<>> own_;
  std::map<std::string, Shown, std::less<>> families_;
  TextfilePage page_;
};

}  // namespace

TextfilePage merge_text_files(std::span<const TextFile* const> files,
                              const std::set<std::string, std::less<>>& taken) {
  Merger merger(taken);
  for (const TextFile* file : files) merger.add(*file);
  return merger.finish();
}

}  // namespace joist::collectors
