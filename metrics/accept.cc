#include "metrics/accept.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>

#include "base/trimmed.h"

namespace joist::metrics {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return result;
}

// The piece up to `separator`, which is taken off `text`.
std::string_view take(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto piece = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(piece);
}

// qvalue: "0" to "1" with up to three decimals; 0 for anything else.
double quality(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string parameter = lower(take(parameters, ';'));
    if (parameter.substr(0, 2) != "q=") continue;
    const std::string_view digits = trimmed(std::string_view(parameter).substr(2));
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value,
                                              std::chars_format::fixed);
    const bool parsed = error == std::errc() && end == digits.data() + digits.size();
    return parsed && value >= 0 && value <= 1 ? value : 0;
  }
  return 1;
}

// The value of a parameter, without quotes; empty if it has none.
std::string parameter(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    std::string_view value = take(parameters, ';');
    if (lower(take(value, '=')) != name) continue;
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return std::string(value);
  }
  return {};
}

std::optional<Format> format_of(std::string_view type, std::string_view parameters) {
  const std::string version = parameter(parameters, "version");
  if (type == "application/openmetrics-text") {
    if (version == "1.0.0") return Format::OpenMetrics100;
    if (version.empty() || version == "0.0.1") return Format::OpenMetrics001;
  } else if (type == "application/vnd.google.protobuf") {
    const bool ours = parameter(parameters, "proto") == "io.prometheus.client.MetricFamily" &&
                      parameter(parameters, "encoding") == "delimited";
    if (ours) return Format::Protobuf;
  } else if (type == "text/plain") {
    if (version.empty() || version == "0.0.4") return Format::Text;
  } else if (type == "text/*" || type == "*/*") {
    return Format::Text;
  }
  return std::nullopt;
}

}  // namespace

Format negotiate_format(std::string_view accept) {
  Format best = Format::Text;
  double best_quality = 0;
  while (!accept.empty()) {
    std::string_view element = take(accept, ',');
    const std::string type = lower(take(element, ';'));
    const double q = quality(element);
    const auto format = format_of(type, element);
    if (!format || q <= best_quality) continue;
    best = *format;
    best_quality = q;
  }
  return best;
}

Encoding negotiate_encoding(std::string_view accept_encoding) {
  std::optional<double> gzip;
  std::optional<double> identity;
  std::optional<double> other;
  double zstd = 0;
  while (!accept_encoding.empty()) {
    std::string_view element = take(accept_encoding, ',');
    const std::string coding = lower(take(element, ';'));
    const double q = quality(element);
    if (coding == "gzip" || coding == "x-gzip") gzip = q;
    if (coding == "zstd") zstd = q;
    if (coding == "identity") identity = q;
    if (coding == "*") other = q;
  }
  const double gzip_quality = gzip.value_or(other.value_or(0));
  const double packed = std::max(zstd, gzip_quality);
  if (packed == 0 || packed < identity.value_or(0)) return Encoding::Identity;
  return zstd == packed ? Encoding::Zstd : Encoding::Gzip;
}

std::string_view content_type(Format format) {
  switch (format) {
    case Format::OpenMetrics001:
      return "application/openmetrics-text; version=0.0.1; charset=utf-8";
    case Format::OpenMetrics100:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    case Format::Protobuf:
      return "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
             "encoding=delimited";
    case Format::Text:
      break;
  }
  return "text/plain; version=0.0.4; charset=utf-8";
}

std::string_view content_encoding(Encoding encoding) {
  if (encoding == Encoding::Gzip) return "gzip";
  if (encoding == Encoding::Zstd) return "zstd";
  return {};
}

}  // namespace joist::metrics
