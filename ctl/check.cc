#include "ctl/check.h"

#include <algorithm>

namespace joist::ctl {
namespace {

std::string_view status_word(v1::ConditionStatus status) {
  return status == v1::CONDITION_STATUS_TRUE    ? "True"
         : status == v1::CONDITION_STATUS_FALSE ? "False"
                                                : "Unknown";
}

}  // namespace

std::vector<std::string> keep_named(const std::vector<std::string>& types,
                                    v1::ListConditionsResponse& conditions) {
  if (types.empty()) return {};
  std::vector<std::string> missing;
  v1::ListConditionsResponse kept;
  for (const std::string& type : types) {
    const auto found = std::ranges::find_if(
        conditions.conditions(), [&](const v1::Condition& c) { return c.type() == type; });
    if (found == conditions.conditions().end()) {
      missing.push_back(type);
    } else {
      *kept.add_conditions() = *found;
    }
  }
  conditions = kept;
  return missing;
}

std::string why_not_ready(const v1::Status& status) {
  if (status.ready().status() == v1::CONDITION_STATUS_TRUE) return "";
  return "not ready: Ready is " + std::string(status_word(status.ready().status())) +
         (status.ready().message().empty() ? "" : ": " + status.ready().message());
}

std::string why_not_all_true(const v1::ListConditionsResponse& conditions,
                             const std::vector<std::string>& missing) {
  std::string why;
  const auto add = [&why](const std::string& type, std::string_view is) {
    why += (why.empty() ? "" : ", ") + type + " is " + std::string(is);
  };
  for (const std::string& type : missing) add(type, "not there");
  for (const v1::Condition& condition : conditions.conditions()) {
    if (condition.status() != v1::CONDITION_STATUS_TRUE) {
      add(condition.type(), status_word(condition.status()));
    }
  }
  if (why.empty() && conditions.conditions().empty()) return "there are no conditions yet";
  return why;
}

}  // namespace joist::ctl
