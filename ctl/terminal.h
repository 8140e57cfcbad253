// The person in front of joistctl, if there is one. Only main's thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ctl/page.h"

namespace joist::ctl {

// Standard output as a screen: colours and a width on a terminal alone.
Screen standard_screen(bool no_color);

// Rows of the terminal; 0: standard output is none.
int terminal_rows();

bool input_is_terminal();

// Asks on the terminal and reads a line without showing it. Refused: the person
// broke off.
Result<std::string> read_secret(const std::string& prompt);

// Asks, and reads the line that is typed, without the blanks around it.
Result<std::string> ask_line(const std::string& question);

// Asks; true only for "y" or "yes".
Result<bool> confirm(const std::string& question);

// All of a small file, or of standard input for "-". Malformed: over `bytes_max`.
Result<std::string> read_small(const std::string& path, std::size_t bytes_max);

// To standard error, whether or not it can be written.
void say(std::string_view text);

// Writes all of it to standard output. Io says why it could not.
Result<void> write_out(const std::string& text);

}  // namespace joist::ctl
