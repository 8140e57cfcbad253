// Text that strangers wrote in Prometheus' text format, version 0.0.4
// (prometheus.io/docs/instrumenting/exposition_formats), taken apart line by line.
//
// It takes what client libraries' parser takes (prometheus/common/expfmt with names as they
// were before UTF-8 ones), but a line that breaks a rule costs that line only. Broken are also
// a sample with a timestamp, one that a line before has already, and a last line without its
// end: a writer may be in the middle of it. White space at a line's end is forgiven.
// Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace joist::collectors {

struct TextBucket {
  double bound = 0;  // "le" of a histogram, "quantile" of a summary
  double value = 0;
};

// One sample, or the samples that make one histogram or summary.
struct TextMetric {
  // By name; neither "le" of a histogram nor "quantile" of a summary. Within a family of one
  // text all have the same names: what a sample lacks is empty.
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
  std::vector<TextBucket> buckets;  // by bound
  std::optional<double> sum;
  std::optional<double> count;
  std::size_t line = 0;  // of the first of its samples
};

struct TextFamily {
  enum class Type { Counter, Gauge, Untyped, Histogram, Summary };

  std::string name;
  std::optional<std::string> help;
  Type type = Type::Untyped;
  std::vector<TextMetric> metrics;  // as the text has them; none: it only declares the family
};

struct TextProblem {
  std::size_t line = 0;  // from 1
  std::string_view what;
};

struct MetricsText {
  static constexpr std::size_t kProblemsMax = 10;

  std::vector<TextFamily> families;   // as they first occur
  std::vector<TextProblem> problems;  // the first so many
  std::size_t problems_count = 0;
};

MetricsText parse_metrics_text(std::string_view text);

// What makes a series: its labels without empty ones, which Prometheus takes for absent.
std::string series_key(const std::vector<std::pair<std::string, std::string>>& labels);

// The names a family takes on a page: a histogram's and a summary's samples have suffixes.
std::vector<std::string> sample_names(std::string_view family, TextFamily::Type type);

}  // namespace joist::collectors
