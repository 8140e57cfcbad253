#include "base/problem.h"

#include <algorithm>
#include <array>

#include "base/printable.h"

namespace joist {
namespace {

constexpr std::size_t kMessageLengthMax = 4096;

constexpr std::array kCodes{
    ProblemCode{ErrorCode::Malformed, "invalid", 400},
    ProblemCode{ErrorCode::Unauthenticated, "unauthenticated", 401},
    ProblemCode{ErrorCode::Refused, "refused", 403},
    ProblemCode{ErrorCode::NotFound, "not_found", 404},
    ProblemCode{ErrorCode::Unavailable, "unavailable", 503},
    ProblemCode{ErrorCode::Io, "io", 500},
};

}  // namespace

const ProblemCode& problem_code(ErrorCode code) {
  return *std::ranges::find(kCodes, code, &ProblemCode::code);  // the table is complete
}

ErrorCode error_code_of(std::string_view name) {
  const auto found = std::ranges::find(kCodes, name, &ProblemCode::name);
  return found == kCodes.end() ? ErrorCode::Io : found->code;
}

v1::Problem to_problem(const Error& error) {
  v1::Problem problem;
  problem.set_code(std::string(problem_code(error.code).name));
  problem.set_message(printable(error.message, kMessageLengthMax));
  return problem;
}

}  // namespace joist
