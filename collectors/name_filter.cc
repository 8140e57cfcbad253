#include "collectors/name_filter.h"

#include <re2/re2.h>

#include <utility>

namespace joist::collectors {

Result<NameFilter> NameFilter::make(std::string_view what, const std::string& pattern) {
  if (pattern.empty()) return NameFilter(nullptr);
  RE2::Options options;
  options.set_log_errors(false);
  auto expression = std::make_unique<const RE2>(pattern, options);
  if (!expression->ok()) {
    return fail(ErrorCode::Malformed, std::string(what) + ": \"" + pattern +
                                          "\" is no RE2 expression: " + expression->error());
  }
  return NameFilter(std::move(expression));
}

NameFilter::NameFilter(std::unique_ptr<const re2::RE2> expression)
    : expression_(std::move(expression)) {}
NameFilter::NameFilter(NameFilter&&) noexcept = default;
NameFilter& NameFilter::operator=(NameFilter&&) noexcept = default;
NameFilter::~NameFilter() = default;

bool NameFilter::matches(std::string_view name) const {
  return expression_ && RE2::PartialMatch(re2::StringPiece(name.data(), name.size()), *expression_);
}

}  // namespace joist::collectors
