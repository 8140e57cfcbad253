// What --check says. Unknown is not True, and what is not there is not either.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "joist/v1/agent.pb.h"

namespace joist::ctl {

// Keeps only the conditions of these types, in the order named; all where none
// is. Returns the types that there are not.
std::vector<std::string> keep_named(const std::vector<std::string>& types,
                                    v1::ListConditionsResponse& conditions);

// Empty: ready. Else one line.
std::string why_not_ready(const v1::Status& status);

// Empty: there is at least one condition, all are True, and none is missing.
std::string why_not_all_true(const v1::ListConditionsResponse& conditions,
                             const std::vector<std::string>& missing);

}  // namespace joist::ctl
