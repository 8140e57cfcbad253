// What joistctl's exit says to a script; documented in --help and docs/joistctl.md.
#pragma once

#include "base/result.h"

namespace joist::ctl {

enum class ExitCode {
  Ok = 0,
  No = 1,           // --check, config check, a question answered with no; a disk not prepared
  Usage = 2,        // the command line, or a value in it, is wrong
  Unreachable = 3,  // the agent, the installer, joist-apply or what they need is not there
  Refused = 4,      // not allowed
  NotFound = 5,     // no such node, token, condition, disk, job or file
  Failed = 6,       // anything else: I/O errors, the other side's own failures
};

inline ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Malformed:
      return ExitCode::Usage;
    case ErrorCode::Unavailable:
      return ExitCode::Unreachable;
    case ErrorCode::Refused:
    case ErrorCode::Unauthenticated:
      return ExitCode::Refused;
    case ErrorCode::NotFound:
      return ExitCode::NotFound;
    default:
      return ExitCode::Failed;
  }
}

}  // namespace joist::ctl
