// What may stand next on joistctl's command line. Pure; the shell's part is
// ctl/completion/joistctl.bash.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ctl/command_list.h"

namespace joist::ctl {

// Names that only the running programs know (nodes, tokens, conditions); empty
// where they cannot be reached.
using NameSource = std::function<std::vector<std::string>(ArgumentKind)>;

// What may stand for the last of `words` (those after "joistctl"; the last is
// what was typed of it so far), sorted. The single answer "<file>" asks the
// shell to complete a file's name.
std::vector<std::string> complete(const std::vector<std::string>& words, const NameSource& names);

}  // namespace joist::ctl
