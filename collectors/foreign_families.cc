#include "collectors/foreign_families.h"

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::string_view kHelp = "# HELP ";
constexpr std::string_view kType = "# TYPE ";
constexpr std::string_view kNextHelp = "\n# HELP ";

// Collectors show no histograms or summaries: their samples have their families' names.
void list_families(std::string_view page, std::vector<std::string_view>& names) {
  names.clear();
  Lines lines(page);
  for (std::string_view line; lines.next(line);) {
    if (line.starts_with(kType)) names.push_back(family_name_of(line));
  }
  std::ranges::sort(names);
}

}  // namespace

std::string_view take_family(std::string_view& text) {
  const auto end = text.find(kNextHelp);
  const auto family = text.substr(0, end == text.npos ? text.npos : end + 1);
  text.remove_prefix(family.size());
  return family;
}

std::string_view family_name_of(std::string_view line) {
  static_assert(kHelp.size() == kType.size());
  if (line.starts_with(kHelp) || line.starts_with(kType)) line.remove_prefix(kHelp.size());
  return line.substr(0, line.find_first_of("{ "));
}

void find_repeated(std::string_view page, std::string_view foreign,
                   std::vector<std::string_view>& scratch,
                   std::vector<std::string_view>& repeated) {
  list_families(page, scratch);
  repeated.clear();
  while (!foreign.empty()) {
    const std::string_view family = take_family(foreign);
    Lines lines(family);
    for (std::string_view line; lines.next(line);) {
      if (!std::ranges::binary_search(scratch, family_name_of(line))) continue;
      repeated.push_back(family_name_of(family));
      break;
    }
  }
}

}  // namespace joist::collectors
