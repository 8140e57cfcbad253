#include "agent/accept_encoding.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>

#include "base/trimmed.h"

namespace joist::agent {
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

}  // namespace

bool prefers_gzip(std::string_view accept_encoding) {
  std::optional<double> gzip;
  std::optional<double> identity;
  std::optional<double> other;
  while (!accept_encoding.empty()) {
    std::string_view element = take(accept_encoding, ',');
    const std::string coding = lower(take(element, ';'));
    const double q = quality(element);
    if (coding == "gzip" || coding == "x-gzip") gzip = q;
    if (coding == "identity") identity = q;
    if (coding == "*") other = q;
  }
  const double gzip_quality = gzip.value_or(other.value_or(0));
  return gzip_quality > 0 && gzip_quality >= identity.value_or(0);
}

}  // namespace joist::agent
