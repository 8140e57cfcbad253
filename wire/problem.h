// How an Error travels: one table for both directions.
#pragma once

#include <string_view>

#include "base/result.h"

namespace joist::wire {

struct ProblemCode {
  ErrorCode code;
  std::string_view name;  // joist.v1.Problem.code
  unsigned status;        // HTTP
};

const ProblemCode& problem_code(ErrorCode code);

// Io for a name that is not known: a newer server may have more.
ErrorCode error_code_of(std::string_view name);

}  // namespace joist::wire
