#include "collectors/textfile/metrics_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <unordered_map>

#include "collectors/exposition.h"

namespace joist::collectors {
namespace {

using Type = TextFamily::Type;
using LabelPairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kLabelNamesMax = 64;
constexpr std::string_view kTooManyLabels = "its family has too many different labels";

constexpr std::string_view kBucket = "_bucket";
constexpr std::string_view kSum = "_sum";
constexpr std::string_view kCount = "_count";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::optional<Type> parse_type(std::string_view word) {
  std::string lower;
  for (const char c : word) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c;
  if (lower == "counter") return Type::Counter;
  if (lower == "gauge") return Type::Gauge;
  if (lower == "untyped") return Type::Untyped;
  if (lower == "histogram") return Type::Histogram;
  if (lower == "summary") return Type::Summary;
  return std::nullopt;
}

// As Go's strconv reads one, without its hexadecimal forms and underscores.
std::optional<double> parse_value(std::string_view text) {
  const bool has_sign = text.starts_with('+') || text.starts_with('-');
  const bool negative = text.starts_with('-');
  if (has_sign) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  const char first = text[0];
  const bool is_word = first == 'n' || first == 'N' || first == 'i' || first == 'I';
  if (is_word) {
    const bool plain_nan = !has_sign && text.size() == 3;
    const bool is_nan = first == 'n' || first == 'N';
    if (is_nan && !plain_nan) return std::nullopt;
  } else if (first != '.' && (first < '0' || first > '9')) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too small is 0; too large is nothing.
    const bool too_small = text.find("e-") != text.npos || text.find("E-") != text.npos;
    if (!too_small) return std::nullopt;
    value = 0;
  } else if (error != std::errc()) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

bool is_label_name(std::string_view name) {
  return is_metric_name(name) && name.find(':') == name.npos;
}

// Reads one line from left to right.
class Cursor {
 public:
  explicit Cursor(std::string_view line) : rest_(line) {}

  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_[0])) rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Up to white space.
  std::string_view take_word() {
    std::size_t end = 0;
    while (end < rest_.size() && !is_blank(rest_[end])) ++end;
    return take_bytes(end);
  }
  // Letters, digits, underscores and colons.
  std::string_view take_name() {
    std::size_t end = 0;
    while (end < rest_.size() && is_name_byte(rest_[end])) ++end;
    return take_bytes(end);
  }
  std::string_view rest() const { return rest_; }

  // What stands between quotation marks; nothing if it is not well-formed.
  std::optional<std::string> take_quoted() {
    if (!take('"')) return std::nullopt;
    std::string text;
    while (!rest_.empty()) {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"') return text;
      if (c != '\\') {
        text += c;
        continue;
      }
      if (take('\\')) {
        text += '\\';
      } else if (take('"')) {
        text += '"';
      } else if (take('n')) {
        text += '\n';
      } else {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

 private:
  static bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
  }
  std::string_view take_bytes(std::size_t count) {
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
};

// "\\" and "\n" stand for a backslash and a line's end.
std::optional<std::string> unescape_help(std::string_view text) {
  std::string help;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      help += text[at];
      continue;
    }
    if (++at == text.size() || (text[at] != '\\' && text[at] != 'n')) return std::nullopt;
    help += text[at] == 'n' ? '\n' : '\\';
  }
  return help;
}

// A sample as its line has it.
struct Sample {
  std::string_view name;
  LabelPairs labels;
  double value = 0;
};

// "{name="value",…}"; what is wrong with it, or nothing.
std::optional<std::string_view> parse_labels(Cursor& cursor, LabelPairs& labels) {
  if (!cursor.take('{')) return std::nullopt;
  for (;;) {
    cursor.skip_blanks();
    if (cursor.take('}')) break;
    const std::string_view name = cursor.take_name();
    if (!is_label_name(name)) return "a label has no valid name";
    if (name.starts_with("__")) return "a label's name is reserved";
    cursor.skip_blanks();
    if (!cursor.take('=')) return "a label has no value";
    cursor.skip_blanks();
    auto value = cursor.take_quoted();
    if (!value) return "a label's value is not well quoted";
    if (!is_utf8(*value)) return "a label's value is not UTF-8";
    labels.emplace_back(name, std::move(*value));
    cursor.skip_blanks();
    if (cursor.take(',')) continue;
    if (cursor.take('}')) break;
    return "the labels do not end";
  }
  std::ranges::sort(labels);
  const auto same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (std::ranges::adjacent_find(labels, same_name) != labels.end()) return "a label is twice";
  return std::nullopt;
}

// What is wrong with the line, or nothing.
std::optional<std::string_view> parse_sample(std::string_view line, Sample& sample) {
  Cursor cursor(line);
  cursor.skip_blanks();
  sample.name = cursor.take_name();
  if (!is_metric_name(sample.name)) return "no valid name";
  const bool name_ends =
      cursor.rest().empty() || is_blank(cursor.rest()[0]) || cursor.rest()[0] == '{';
  if (!name_ends) return "no valid name";
  cursor.skip_blanks();
  if (const auto wrong = parse_labels(cursor, sample.labels)) return wrong;
  cursor.skip_blanks();
  const auto value = parse_value(cursor.take_word());
  if (!value) return "no number";
  sample.value = *value;
  cursor.skip_blanks();
  if (!cursor.rest().empty()) return "a timestamp, or more after the number";
  return std::nullopt;
}

std::optional<std::string> take_label(LabelPairs& labels, std::string_view name) {
  const auto found = std::ranges::find(
      labels, name, [](const auto& label) -> std::string_view { return label.first; });
  if (found == labels.end()) return std::nullopt;
  std::string value = std::move(found->second);
  labels.erase(found);
  return value;
}

class Parser {
 public:
  MetricsText parse(std::string_view text) {
    std::size_t number = 0;
    while (!text.empty()) {
      ++number;
      const auto end = text.find('\n');
      if (end == text.npos) {
        report(number, "the last line has no end");
        break;
      }
      take_line(text.substr(0, end), number);
      text.remove_prefix(end + 1);
    }
    for (auto& building : families_) {
      complete(*building);
      result_.families.push_back(std::move(building->family));
    }
    return std::move(result_);
  }

 private:
  struct Building {
    TextFamily family;
    bool has_type = false;            // said, or taken by the first sample
    std::vector<std::string> labels;  // the names of all its samples' labels, sorted
    std::unordered_map<std::string, std::size_t> metric_of_series;
  };

  void report(std::size_t line, std::string_view what) {
    if (result_.problems_count++ < MetricsText::kProblemsMax) {
      result_.problems.push_back({line, what});
    }
  }

  // All samples of a family get all its labels: a few thousand names would be a flood.
  static bool admit_labels(Building& building, const LabelPairs& labels) {
    auto& all = building.labels;
    const auto is_new = [&](const auto& label) {
      return !std::ranges::binary_search(all, label.first);
    };
    const auto more = static_cast<std::size_t>(std::ranges::count_if(labels, is_new));
    if (all.size() + more > kLabelNamesMax) return false;
    for (const auto& label : labels) {
      if (is_new(label)) all.insert(std::ranges::lower_bound(all, label.first), label.first);
    }
    return true;
  }

  void take_line(std::string_view line, std::size_t number) {
    while (!line.empty() && (is_blank(line.back()) || line.back() == '\r')) line.remove_suffix(1);
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    if (line.empty()) return;
    const auto wrong = line[0] == '#' ? take_comment(line) : take_sample(line, number);
    if (wrong) report(number, *wrong);
  }

  Building* find(std::string_view name) {
    const auto found = of_name_.find(std::string(name));
    return found == of_name_.end() ? nullptr : found->second;
  }

  Building* find_typed(std::string_view name, std::string_view suffix, Type type) {
    if (!name.ends_with(suffix)) return nullptr;
    Building* const found = find(name.substr(0, name.size() - suffix.size()));
    return found != nullptr && found->has_type && found->family.type == type ? found : nullptr;
  }

  // The family a name belongs to: of that name, or the summary or histogram it is a part of.
  Building& family_of(std::string_view name) {
    if (Building* const found = find(name)) return *found;
    for (const std::string_view suffix : {kCount, kSum}) {
      if (Building* const found = find_typed(name, suffix, Type::Summary)) return *found;
    }
    for (const std::string_view suffix : {kCount, kSum, kBucket}) {
      if (Building* const found = find_typed(name, suffix, Type::Histogram)) return *found;
    }
    families_.push_back(std::make_unique<Building>());
    families_.back()->family.name = name;
    of_name_[std::string(name)] = families_.back().get();
    return *families_.back();
  }

  std::optional<std::string_view> take_comment(std::string_view line) {
    Cursor cursor(line);
    cursor.take('#');
    cursor.skip_blanks();
    const std::string_view keyword = cursor.take_word();
    if (keyword != "HELP" && keyword != "TYPE") return std::nullopt;
    cursor.skip_blanks();
    if (cursor.rest().empty()) return std::nullopt;
    const std::string_view name = cursor.take_word();
    if (!is_metric_name(name)) return "no valid name";
    Building& building = family_of(name);
    cursor.skip_blanks();
    if (cursor.rest().empty()) return std::nullopt;
    if (keyword == "HELP") {
      if (building.family.help) return "a second HELP";
      auto help = unescape_help(cursor.rest());
      if (!help) return "a backslash that means nothing";
      building.family.help = std::move(*help);
      return std::nullopt;
    }
    if (building.has_type) return "a second TYPE, or one after samples";
    const auto type = parse_type(cursor.rest());
    if (!type) return "no known type";
    building.family.type = *type;
    building.has_type = true;
    return std::nullopt;
  }

  std::optional<std::string_view> take_sample(std::string_view line, std::size_t number) {
    Sample sample;
    if (const auto wrong = parse_sample(line, sample)) return wrong;
    Building& building = family_of(sample.name);
    building.has_type = true;
    const Type type = building.family.type;
    if (type == Type::Histogram) return take_part(building, std::move(sample), "le", number);
    if (type == Type::Summary) return take_part(building, std::move(sample), "quantile", number);
    if (!admit_labels(building, sample.labels)) return kTooManyLabels;
    const auto [at, is_new] = building.metric_of_series.try_emplace(series_key(sample.labels),
                                                                    building.family.metrics.size());
    if (!is_new) return "the same sample again";
    building.family.metrics.push_back(
        {.labels = std::move(sample.labels), .value = sample.value, .line = number});
    return std::nullopt;
  }

  // One of the samples that make a histogram or summary.
  std::optional<std::string_view> take_part(Building& building, Sample sample,
                                            std::string_view bound_label, std::size_t number) {
    const bool histogram = building.family.type == Type::Histogram;
    const std::string_view suffix = sample.name.substr(building.family.name.size());
    const auto bound_text = take_label(sample.labels, bound_label);
    const bool is_bucket = suffix == (histogram ? kBucket : std::string_view());
    if (!is_bucket && suffix.empty())
      return "a histogram's sample is called _bucket, _sum or _count";
    std::optional<double> bound;
    if (is_bucket) {
      bound = bound_text ? parse_value(*bound_text) : std::nullopt;
      if (!bound || std::isnan(*bound)) return "no bound";
    } else if (bound_text && histogram) {
      return "a bound where none belongs";
    }
    const bool counts = suffix == kCount || (histogram && is_bucket);
    if (counts && !(sample.value >= 0 && std::isfinite(sample.value))) return "no count";

    if (!admit_labels(building, sample.labels)) return kTooManyLabels;
    TextMetric& metric = metric_of(building, std::move(sample.labels), number);
    const double value = counts ? std::floor(sample.value) : sample.value;
    if (is_bucket) return add_bucket(metric.buckets, {*bound, value});
    auto& place = suffix == kSum ? metric.sum : metric.count;
    if (place) return "the same sample again";
    place = value;
    return std::nullopt;
  }

  static std::optional<std::string_view> add_bucket(std::vector<TextBucket>& buckets,
                                                    TextBucket bucket) {
    const auto at = std::ranges::lower_bound(buckets, bucket.bound, {}, &TextBucket::bound);
    if (at != buckets.end() && at->bound == bucket.bound) return "the same sample again";
    buckets.insert(at, bucket);
    return std::nullopt;
  }

  static TextMetric& metric_of(Building& building, LabelPairs labels, std::size_t number) {
    auto& metrics = building.family.metrics;
    const auto [at, is_new] =
        building.metric_of_series.try_emplace(series_key(labels), metrics.size());
    if (is_new) metrics.push_back({.labels = std::move(labels), .line = number});
    return metrics[at->second];
  }

  // All samples of a family have the same labels, as client libraries show them.
  static void complete(Building& building) {
    for (TextMetric& metric : building.family.metrics) {
      if (metric.labels.size() == building.labels.size()) continue;
      LabelPairs all;
      auto next = metric.labels.begin();
      for (const std::string& name : building.labels) {
        const bool has = next != metric.labels.end() && next->first == name;
        all.emplace_back(name, has ? std::move(next++->second) : std::string());
      }
      metric.labels = std::move(all);
    }
  }

  MetricsText result_;
  std::vector<std::unique_ptr<Building>> families_;
  std::unordered_map<std::string, Building*> of_name_;
};

}  // namespace

MetricsText parse_metrics_text(std::string_view text) { return Parser().parse(text); }

std::string series_key(const LabelPairs& labels) {
  std::string key;
  for (const auto& [name, value] : labels) {
    if (value.empty()) continue;
    key.append(name).append("=").append(std::to_string(value.size())).append(":").append(value);
  }
  return key;
}

std::vector<std::string> sample_names(std::string_view family, Type type) {
  std::vector<std::string> names{std::string(family)};
  const auto add = [&](std::string_view suffix) {
    names.push_back(std::string(family).append(suffix));
  };
  if (type == Type::Histogram) add(kBucket);
  if (type == Type::Histogram || type == Type::Summary) {
    add(kSum);
    add(kCount);
  }
  return names;
}

}  // namespace joist::collectors
