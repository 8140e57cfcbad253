// Runs another program to its end.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace joist::apply {

// `words`: the program, found in /usr/sbin:/usr/bin:/sbin:/bin, and its arguments; no shell. Its
// standard input is empty. What it printed, both streams, cut after some kilobytes.
// NotFound: it is not installed. Io: it ended with a failure; the message has the first line.
// Unavailable: it took longer, and was killed. It dies with its caller.
Result<std::string> run_program(const std::vector<std::string>& words,
                                std::chrono::seconds deadline);

}  // namespace joist::apply
