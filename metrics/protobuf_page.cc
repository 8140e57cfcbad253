#include "metrics/protobuf_page.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "metrics/sample_line.h"

namespace joist::metrics {
namespace {

// Wire types and field numbers (protobuf.dev/programming-guides/encoding; metrics.proto).
enum Wire : std::uint32_t { Varint = 0, Fixed64 = 1, Bytes = 2 };

namespace family_field {
constexpr std::uint32_t kName = 1, kHelp = 2, kType = 3, kMetric = 4;
}
namespace metric_field {
constexpr std::uint32_t kLabel = 1, kGauge = 2, kCounter = 3, kSummary = 4, kUntyped = 5,
                        kTimestampMs = 6, kHistogram = 7;
}
constexpr std::uint32_t kLabelName = 1, kLabelValue = 2;
constexpr std::uint32_t kValue = 1;                               // of counter, gauge, untyped
constexpr std::uint32_t kCount = 1, kSum = 2, kPart = 3;          // of summary and histogram
constexpr std::uint32_t kQuantile = 1, kQuantileValue = 2;        // doubles
constexpr std::uint32_t kBucketCount = 1, kBucketUpperBound = 2;  // uint64, double

enum class Type { Counter = 0, Gauge = 1, Summary = 2, Untyped = 3, Histogram = 4 };

std::optional<Type> type_of(std::string_view word) {
  if (word == "counter") return Type::Counter;
  if (word == "gauge") return Type::Gauge;
  if (word == "summary") return Type::Summary;
  if (word == "untyped") return Type::Untyped;
  if (word == "histogram") return Type::Histogram;
  return std::nullopt;
}

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void put_tag(std::string& out, std::uint32_t field, Wire wire) {
  put_varint(out, field << 3 | wire);
}

void put_bytes(std::string& out, std::uint32_t field, std::string_view bytes) {
  put_tag(out, field, Bytes);
  put_varint(out, bytes.size());
  out.append(bytes);
}

void put_double(std::string& out, std::uint32_t field, double value) {
  put_tag(out, field, Fixed64);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(bits >> shift);
}

void put_number(std::string& out, std::uint32_t field, std::uint64_t value) {
  put_tag(out, field, Varint);
  put_varint(out, value);
}

// Go's words besides numbers: NaN, +Inf, -Inf.
std::optional<double> to_double(std::string_view text) {
  if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::uint64_t to_count(double value) {
  return value >= 0 && value < 0x1p63 ? static_cast<std::uint64_t>(value) : 0;
}

void append_unescaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      out += text[at];
      continue;
    }
    ++at;
    out += text[at] == 'n' ? '\n' : text[at];
  }
}

// Which sample of its metric a line of a histogram or summary is.
enum class Part { Value, Count, Sum, Bucket, Quantile };

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) { out_.clear(); }

  void comment(const CommentLine& line) {
    if (line.name != name_) begin(line.name);
    if (!line.is_type) {
      help_.clear();
      append_unescaped(help_, line.rest);
    } else {
      type_ = type_of(line.rest);
    }
  }

  void sample(const SampleLine& line) {
    const auto value = to_double(line.value);
    const auto part = type_ && value ? part_of(line.name) : std::nullopt;
    if (!part) return;
    if (*part == Part::Value) {
      put_value(line, *value);
    } else {
      put_part(line, *part, *value);
    }
  }

  // Ends the family under way.
  void finish() {
    end_composite();
    if (!metrics_.empty()) {
      family_.clear();
      put_bytes(family_, family_field::kName, name_);
      if (!help_.empty()) put_bytes(family_, family_field::kHelp, help_);
      put_number(family_, family_field::kType, static_cast<std::uint64_t>(*type_));
      put_varint(out_, family_.size() + metrics_.size());
      out_.append(family_).append(metrics_);
    }
    metrics_.clear();
  }

 private:
  void begin(std::string_view name) {
    finish();
    name_ = name;
    help_.clear();
    type_.reset();
  }

  bool is_composite() const { return type_ == Type::Histogram || type_ == Type::Summary; }

  std::optional<Part> part_of(std::string_view name) const {
    if (!name.starts_with(name_)) return std::nullopt;
    const auto suffix = name.substr(name_.size());
    if (!is_composite()) return suffix.empty() ? std::optional(Part::Value) : std::nullopt;
    if (suffix == "_sum") return Part::Sum;
    if (suffix == "_count") return Part::Count;
    if (type_ == Type::Histogram && suffix == "_bucket") return Part::Bucket;
    if (type_ == Type::Summary && suffix.empty()) return Part::Quantile;
    return std::nullopt;
  }

  // Writes the labels, without `own`, whose value it returns.
  static std::string_view put_labels(std::string& metric, std::string_view labels,
                                     std::string_view own, std::string& pair) {
    std::string_view found;
    while (const auto label = take_label(labels)) {
      if (label->name == own) {
        found = label->value;
        continue;
      }
      pair.clear();
      put_bytes(pair, kLabelName, label->name);
      if (label->value.find('\\') == std::string_view::npos) {
        put_bytes(pair, kLabelValue, label->value);
      } else {
        std::string value;
        append_unescaped(value, label->value);
        put_bytes(pair, kLabelValue, value);
      }
      put_bytes(metric, metric_field::kLabel, pair);
    }
    return found;
  }

  void put_timestamp(std::string& metric, std::string_view milliseconds) {
    if (milliseconds.empty()) return;
    std::int64_t time = 0;
    const auto* const end = milliseconds.data() + milliseconds.size();
    if (std::from_chars(milliseconds.data(), end, time).ptr != end) return;
    put_number(metric, metric_field::kTimestampMs, static_cast<std::uint64_t>(time));
  }

  void put_value(const SampleLine& line, double value) {
    metric_.clear();
    put_labels(metric_, line.labels, {}, pair_);
    pair_.clear();
    put_double(pair_, kValue, value);
    const auto field = type_ == Type::Counter ? metric_field::kCounter
                       : type_ == Type::Gauge ? metric_field::kGauge
                                              : metric_field::kUntyped;
    put_bytes(metric_, field, pair_);
    put_timestamp(metric_, line.timestamp);
    put_bytes(metrics_, family_field::kMetric, metric_);
  }

  // Lines of one metric follow each other, with the same labels besides le and quantile.
  void put_part(const SampleLine& line, Part part, double value) {
    metric_.clear();
    const std::string_view own = type_ == Type::Histogram ? "le" : "quantile";
    const auto bound = put_labels(metric_, line.labels, own, pair_);
    const bool is_same = in_composite_ && metric_ == composite_labels_;
    if (!is_same) {
      end_composite();
      in_composite_ = true;
      composite_labels_ = metric_;
      timestamp_ = line.timestamp;
    }
    if (part == Part::Sum) {
      put_double(composite_, kSum, value);
    } else if (part == Part::Count) {
      put_number(composite_, kCount, to_count(value));
    } else if (const auto limit = to_double(bound)) {
      pair_.clear();
      if (part == Part::Bucket) {
        put_number(pair_, kBucketCount, to_count(value));
        put_double(pair_, kBucketUpperBound, *limit);
      } else {
        put_double(pair_, kQuantile, *limit);
        put_double(pair_, kQuantileValue, value);
      }
      put_bytes(composite_, kPart, pair_);
    }
  }

  void end_composite() {
    if (!in_composite_) return;
    const auto field = type_ == Type::Histogram ? metric_field::kHistogram : metric_field::kSummary;
    put_bytes(composite_labels_, field, composite_);
    put_timestamp(composite_labels_, timestamp_);
    put_bytes(metrics_, family_field::kMetric, composite_labels_);
    in_composite_ = false;
    composite_.clear();
  }

  std::string& out_;
  std::string_view name_;
  std::string help_;
  std::optional<Type> type_;
  std::string metrics_;  // of the family, each with tag and length
  std::string family_, metric_, pair_;
  bool in_composite_ = false;
  std::string composite_, composite_labels_;
  std::string_view timestamp_;
};

}  // namespace

void to_protobuf(std::string_view page, std::string& out) {
  Writer writer(out);
  while (!page.empty()) {
    const auto line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(line.size() + 1, page.size()));
    if (line.starts_with('#')) {
      if (const auto comment = cut_comment(line)) writer.comment(*comment);
    } else if (const auto sample = cut_sample(line)) {
      writer.sample(*sample);
    }
  }
  writer.finish();
}

}  // namespace joist::metrics
