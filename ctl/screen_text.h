// Text for a terminal: what hosts and disks call themselves must neither command
// it nor break a table's columns. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace joist::ctl {

// One line that does nothing but be shown: control characters, direction marks,
// invisible characters and invalid UTF-8 become visible as \xNN or \uNNNN. With
// `utf8` false everything beyond ASCII becomes '?'.
std::string screen_text(std::string_view text, bool utf8 = true);

// Columns that screen_text() takes on a terminal: 0 for combining characters, 2
// for wide ones.
int screen_columns(std::string_view text);

// At most `columns` wide; what was cut off is marked by "…" (by "~" where `utf8`
// is false).
std::string cut_to_columns(std::string_view text, int columns, bool utf8 = true);

// Lines of at most `columns`, broken at blanks where there are any. At least one
// line; `columns` is 1 or more.
std::vector<std::string> wrap_to_columns(std::string_view text, int columns);

}  // namespace joist::ctl
