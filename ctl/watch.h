// --watch: asks again and again. On a terminal the screen is redrawn; elsewhere
// each answer is one more document after the last.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "ctl/command_line.h"

namespace joist::ctl {

// The text of one answer, as the command would print it without --watch.
using Ask = std::function<Result<std::string>()>;

// Until Ctrl-C or SIGTERM, which end the program with exit 0 and the terminal as
// it was. Returns only when standard output is gone. An answer that fails is
// shown in place of it, and asked for again: agents restart.
Result<void> watch(const CommandLine& line, const Ask& ask);

// What a screen of `rows` shows of `text` below the line `title`: each line
// cleared behind its end, what does not fit left out and said so. Pure.
std::string redraw_text(const std::string& title, const std::string& text, int rows);

}  // namespace joist::ctl
