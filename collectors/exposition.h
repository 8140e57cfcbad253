// The text a scrape answers with: Prometheus' text format, version 0.0.4
// (prometheus.io/docs/instrumenting/exposition_formats), written as node_exporter
// writes it: the same escapes, the same number format (Go's strconv 'g', -1).
//
// Everything fixed is rendered once: a Family holds its HELP, TYPE and name, a
// Labels its braces. A scrape only copies those bytes and formats values, into
// one buffer that is kept between scrapes.
// Threads: an Exposition belongs to one thread at a time; Family and Labels are
// immutable and may be shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace joist::collectors {

// A Histogram's and a Summary's samples have suffixes to the family's name.
enum class MetricType { Counter, Gauge, Untyped, Histogram, Summary };

// A metric family without its samples.
class Family {
 public:
  Family(std::string_view name, std::string_view help, MetricType type);

  std::string_view head() const { return head_; }  // the HELP and TYPE lines
  std::string_view name() const { return {head_.data() + name_at_, name_length_}; }

 private:
  std::string head_;
  std::size_t name_at_;
  std::size_t name_length_;
};

// `name` is one the format allows: [a-zA-Z_:][a-zA-Z0-9_:]*.
bool is_metric_name(std::string_view name);

bool is_utf8(std::string_view text);

// A value, as a page has it.
std::string number_text(double value);

// A sample's label set. Give the labels in the order of their names, as
// node_exporter prints them. Bytes that are not UTF-8 become U+FFFD, because
// one bad mount point must not cost Prometheus the page.
class Labels {
 public:
  Labels() = default;
  using Pair = std::pair<std::string_view, std::string_view>;
  Labels(std::initializer_list<Pair> labels) : Labels(std::span<const Pair>(labels)) {}
  explicit Labels(std::span<const Pair> labels);

  std::string_view text() const { return text_; }  // {name="value",...}, or nothing

 private:
  std::string text_;
};

class Exposition {
 public:
  // Until the next call, samples belong to `family`. Its head is written with
  // the first of them, so that a family without samples leaves no trace.
  // `family` must live until then.
  void begin(const Family& family) {
    family_ = &family;
    head_written_ = false;
  }

  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void sample(const Labels& labels, Number value) { sample("", labels, value); }

  // `suffix` is that of a part of a histogram or summary: "_bucket", "_sum", "_count".
  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void sample(std::string_view suffix, const Labels& labels, Number value) {
    if constexpr (std::is_unsigned_v<Number>) {
      write(suffix, labels.text(), std::uint64_t{value});
    } else {
      write(suffix, labels.text(), static_cast<double>(value));
    }
  }

  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void sample(Number value) { sample(Labels(), value); }

  // Takes over whole families that another Exposition wrote.
  void append(std::string_view families) {
    write(families);
    family_ = nullptr;
  }

  // The page so far; valid until the next change.
  std::string_view text() const { return {buffer_.data(), size_bytes_}; }

  // Forgets everything after the first `size_bytes` of text(): how a collector
  // that failed half way is taken back.
  void rewind(std::size_t size_bytes) {
    size_bytes_ = size_bytes;
    family_ = nullptr;
  }

  void clear() { rewind(0); }

 private:
  void write(std::string_view suffix, std::string_view labels, double value);
  void write(std::string_view suffix, std::string_view labels, std::uint64_t value);
  void write(std::string_view text);
  char* write_name(std::string_view suffix, std::string_view labels);
  char* room(std::size_t bytes);

  std::vector<char> buffer_;  // larger than the text: a sample is one look at its size
  std::size_t size_bytes_ = 0;
  const Family* family_ = nullptr;
  bool head_written_ = false;
};

}  // namespace joist::collectors
