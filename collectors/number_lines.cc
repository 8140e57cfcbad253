#include "collectors/number_lines.h"

#include <algorithm>

#include "collectors/fields.h"

namespace joist::collectors {

void NumberLines::add(std::string_view key, std::size_t column, SampleSheet::Place place) {
  auto line = std::ranges::find(lines_, key, &Line::key);
  if (line == lines_.end()) line = lines_.insert(lines_.end(), {std::string(key), {}});
  if (line->places.size() <= column) line->places.resize(column + 1, kNowhere);
  line->places[column] = place;
}

const NumberLines::Line* NumberLines::find(std::string_view key) const {
  const auto found = std::ranges::find(lines_, key, &Line::key);
  return found == lines_.end() ? nullptr : &*found;
}

void NumberLines::read_into(std::string_view text, std::string_view path, SampleSheet& sheet,
                            MalformedLines& malformed) const {
  for (const Line& line : lines_) {
    for (const auto place : line.places) {
      if (place != kNowhere) sheet.set(place, 0);
    }
  }
  Lines rows(text);
  for (std::string_view row; rows.next(row);) {
    Fields fields(row);
    const Line* const line = find(fields.next());
    if (line == nullptr) continue;
    for (const auto place : line->places) {
      const std::string_view field = fields.next();
      if (field.empty()) break;
      if (place == kNowhere) continue;
      if (const auto value = parse_uint(field)) {
        sheet.set(place, static_cast<double>(*value));
      } else {
        sheet.unset(place);
        malformed.report(path, row);
      }
    }
  }
}

}  // namespace joist::collectors
