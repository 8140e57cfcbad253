// How an Error travels: one table for both directions and all transports.
#pragma once

#include <string_view>

#include "base/result.h"
#include "joist/v1/helper.pb.h"

namespace joist {

struct ProblemCode {
  ErrorCode code;
  std::string_view name;  // joist.v1.Problem.code
  unsigned status;        // HTTP
};

const ProblemCode& problem_code(ErrorCode code);

// Io for a name that is not known: a newer peer may have more.
ErrorCode error_code_of(std::string_view name);

// The message made printable.
v1::Problem to_problem(const Error& error);

}  // namespace joist
