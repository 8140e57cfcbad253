// What joistctl can do: the one table that parsing, --help and completion read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace joist::ctl {

enum class CommandId {
  Status,
  Conditions,
  Join,
  DiskList,
  DiskShow,
  DiskPlan,
  DiskApprove,
  DiskApply,
  DiskWipe,
  DiskUndo,
  DiskCancel,
  DiskHistory,
  DiskWatch,
  DiskCeph,
  DiskLonghorn,
  ConfigCheck,
  TokenCreate,
  TokenList,
  TokenRevoke,
  Nodes,
  Node,
  NodeRetire,
  CompletionBash,
  CompletionWords,
  Version,
  Help,
};

// What a positional argument names; completion offers it.
enum class ArgumentKind {
  None,
  Endpoint,
  File,
  NodeName,
  TokenId,
  ConditionType,
  DiskName,
  JobId,
  Command,
  Word,
};

enum class Group { Agent, Disks, Installer, Other, Hidden };

struct Command {
  CommandId id;
  std::string_view name;       // "token create"
  std::string_view arguments;  // as shown: "NAME"
  int arguments_min;
  int arguments_max;
  ArgumentKind argument;
  Group group;
  bool watchable;
  std::string_view summary;
  std::string_view other_name = {};  // means the same; empty: none
};

const std::vector<Command>& commands();
const Command& command(CommandId id);

// By its name or its other one; null: there is none.
const Command* find_command(std::string_view name);

enum class OptionId {
  Output,
  Watch,
  NoColor,
  AgentSocket,
  InstallerSocket,
  ApplySocket,
  Help,
  Version,
  Check,
  TokenFile,
  Kind,
  Ttl,
  Note,
  Yes,
  Anew,
  All,
  For,
  Digest,
  NoWait,
  Zero,
  Discard,
};

enum class OptionValue { None, Required, OptionalSeconds };

struct Option {
  OptionId id;
  std::string_view name;    // "--output"
  std::string_view letter;  // "-o"; empty: none
  OptionValue value;
  std::string_view value_name;          // as shown: "table|json|yaml"
  std::vector<CommandId> commands;      // that take it; empty: all
  std::vector<std::string_view> words;  // values that completion offers
  std::string_view summary;
};

const std::vector<Option>& options();

// Whether the command takes the option.
bool takes(CommandId command, const Option& option);

}  // namespace joist::ctl
