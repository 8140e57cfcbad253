#include "collectors/attribute_samples.h"

#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kBufferBytes = 64;  // grows where an attribute is longer
constexpr std::string_view kSpace = " \t\r\n";

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::optional<double> parse_whole_number(std::string_view text) {
  if (const auto value = parse_uint(text)) return static_cast<double>(*value);
  if (const auto value = parse_number<std::int64_t>(text)) return static_cast<double>(*value);
  return std::nullopt;
}

bool AttributeSamples::add(const SysRoot& root, std::string_view path, SampleSheet::Place place,
                           Parse parse) {
  ProcFile file(root, path, ProcFile::Shape::Whole, kBufferBytes);
  if (const auto text = file.read(); !text) {
    const ErrorCode code = text.error().code;
    if (code == ErrorCode::NotFound || code == ErrorCode::Refused) return false;
  }
  if (attributes_.size() >= kOpenMax) file.close();
  attributes_.push_back({std::move(file), place, parse});
  return true;
}

void AttributeSamples::read_into(SampleSheet& sheet, MalformedLines& malformed) {
  for (std::size_t index = 0; index < attributes_.size(); ++index) {
    auto& [file, place, parse] = attributes_[index];
    const auto text = file.read();
    if (text) {
      const std::string_view word = trimmed(*text);
      if (const auto value = parse(word)) {
        sheet.set(place, *value);
      } else {
        malformed.report(file.path(), word);
      }
    }
    if (index >= kOpenMax) file.close();
  }
}

}  // namespace joist::collectors
