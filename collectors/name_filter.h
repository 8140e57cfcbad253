// A regular expression over device, mount point or field names. RE2 is what Go's
// regexp speaks, so node_exporter's flags keep their meaning, and its time is
// linear in the name, whoever chose that name.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace joist::collectors {

class NameFilter {
 public:
  // Malformed if `pattern` is no RE2 expression; `what` names it in the error.
  static Result<NameFilter> make(std::string_view what, const std::string& pattern);

  NameFilter(NameFilter&&) noexcept;
  NameFilter& operator=(NameFilter&&) noexcept;
  NameFilter(const NameFilter&) = delete;
  NameFilter& operator=(const NameFilter&) = delete;
  ~NameFilter();

  // Matches anywhere in `name`; the empty pattern matches nothing, as an empty
  // flag switches a filter off.
  bool matches(std::string_view name) const;

  bool is_empty() const { return expression_ == nullptr; }

 private:
  explicit NameFilter(std::unique_ptr<const re2::RE2> expression);

  std::unique_ptr<const re2::RE2> expression_;  // none: matches nothing
};

}  // namespace joist::collectors
