// Families that people bring (text files), whose names a page may have already: one name
// twice, and Prometheus refuses the whole page. They come last, without those.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace joist::collectors {

class ForeignFamilies {
 public:
  virtual ~ForeignFamilies() = default;

  // The page has the name of this family, or of one of its samples, already: it is not to be
  // shown again. Not while its collector collects.
  virtual void leave_out(std::string_view family) = 0;
};

// Takes the first family, from its HELP line to the next one's, off a text as Exposition writes
// it.
std::string_view take_family(std::string_view& text);

// The name in a HELP or TYPE line, or of a sample.
std::string_view family_name_of(std::string_view line);

// Which families of `foreign` the page has already; `repeated` gets their names, parts of
// `foreign`. `scratch` is kept between pages, so that they cost no allocation.
void find_repeated(std::string_view page, std::string_view foreign,
                   std::vector<std::string_view>& scratch, std::vector<std::string_view>& repeated);

// Appends `foreign` without what is repeated.
template <typename Page>
void append_foreign(Page& page, std::string_view foreign,
                    const std::vector<std::string_view>& repeated) {
  while (!foreign.empty()) {
    const std::string_view family = take_family(foreign);
    if (std::ranges::find(repeated, family_name_of(family)) == repeated.end()) page.append(family);
  }
}

}  // namespace joist::collectors
