// The commands that only show: one answer as text, asked for once or, by
// --watch, again and again.
#pragma once

#include <string>

#include "base/result.h"
#include "ctl/command_line.h"
#include "ctl/exit_code.h"
#include "ctl/page.h"

namespace joist::ctl {

struct Shown {
  std::string text;  // for standard output
  ExitCode code = ExitCode::Ok;
  std::string why_no;  // for standard error where `code` is not Ok
};

// `line.command` is watchable, TokenList, or one that show_of_disks() has.
Result<Shown> show(const CommandLine& line, const Screen& screen);

}  // namespace joist::ctl
