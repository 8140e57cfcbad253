// Errors are values: every function in Joist that can fail returns Result<T>.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace joist {

// What a caller may branch on. Anything finer belongs in the message.
enum class ErrorCode {
  NotFound,         // the thing does not exist
  Malformed,        // input did not parse, or broke a documented limit
  Refused,          // doing it would be unsafe or is not allowed; never retried automatically
  Unauthenticated,  // the caller is not who it must be
  Unavailable,      // the other side is not there now; may succeed later
  Io,               // the kernel or a device said no; may succeed later
};

struct Error {
  ErrorCode code;
  std::string message;  // for operators: what, where, what they can do
};

// std::expected's interface (tl::expected until C++23), made [[nodiscard]]: an
// ignored Result is a compile error.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

// Passes an error up, with the caller's context in front.
inline tl::unexpected<Error> fail(Error cause, std::string_view context) {
  cause.message.insert(0, std::string(context) + ": ");
  return tl::unexpected<Error>(std::move(cause));
}

// The error of a failed system call: "open /proc/mdstat: Permission denied".
// ENOENT is NotFound, EACCES and EPERM are Refused, the rest is Io.
tl::unexpected<Error> fail_errno(int error_number, std::string_view what);

}  // namespace joist
