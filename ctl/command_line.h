// argv and the environment, as what joistctl is to do. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ctl/command_list.h"

namespace joist::ctl {

enum class Output { Table, Json, Yaml };

struct CommandLine {
  CommandId command = CommandId::Help;
  std::vector<std::string> arguments;
  Output output = Output::Table;
  std::optional<double> watch_seconds;  // set: ask again and again
  bool no_color = false;
  std::string agent_socket;
  std::string installer_socket;
  std::string apply_socket;
  bool check = false;
  std::optional<std::string> token_file;  // "-": stdin
  std::optional<std::string> kind;        // "agent" or "installer"
  std::optional<std::string> ttl;
  std::optional<std::string> lasts;   // --for
  std::optional<std::string> digest;  // 8 to 64 hexadecimal digits, lower case
  std::string note;
  bool all = false;  // retired nodes as well
  bool yes = false;
  bool anew = false;
  bool no_wait = false;
  bool zero = false;  // not together with discard
  bool discard = false;
};

// A variable of the environment; empty where it is not set.
using Environment = std::function<std::string(const std::string&)>;

// Malformed says what is wrong and what to type instead. `arguments` is argv
// without the program's name. Options may stand anywhere; "--" ends them.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments,
                                       const Environment& environment);

}  // namespace joist::ctl
