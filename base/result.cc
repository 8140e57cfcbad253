#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace joist {
namespace {

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return ErrorCode::NotFound;
    case EACCES:
    case EPERM:
      return ErrorCode::Refused;
    default:
      return ErrorCode::Io;
  }
}

}  // namespace

tl::unexpected<Error> fail_errno(int error_number, std::string_view what) {
  return fail(code_of(error_number),
              std::string(what) + ": " + std::generic_category().message(error_number));
}

}  // namespace joist
