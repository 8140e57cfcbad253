#include "ctl/command_list.h"

#include <algorithm>

namespace joist::ctl {
namespace {

constexpr int kArgumentsMax = 64;

// Those that every command takes, and --watch.
std::vector<Option> common_options() {
  using enum OptionId;
  using enum OptionValue;
  return {
      {Output,
       "--output",
       "-o",
       Required,
       "table|json|yaml",
       {},
       {"table", "json", "yaml"},
       "tables for people, the schema's messages for programs (default: table)"},
      {Watch,
       "--watch",
       "",
       OptionalSeconds,
       "[SECONDS]",
       {CommandId::Status, CommandId::Disks, CommandId::Conditions, CommandId::Nodes,
        CommandId::Node},
       {},
       "ask again every SECONDS (default: 2) until Ctrl-C"},
      {NoColor,
       "--no-color",
       "",
       None,
       "",
       {},
       {},
       "no colours; as the environment variable NO_COLOR does"},
      {AgentSocket,
       "--agent-socket",
       "",
       Required,
       "PATH",
       {},
       {},
       "the agent's socket (default: $JOIST_AGENT_SOCKET or /run/joist/agent.sock)"},
      {InstallerSocket,
       "--installer-socket",
       "",
       Required,
       "PATH",
       {},
       {},
       "the installer's (default: $JOIST_INSTALLER_SOCKET or /run/joist-installer/installer.sock)"},
      {OptionId::Help, "--help", "-h", None, "", {}, {}, "explain the command"},
      {OptionId::Version, "--version", "", None, "", {}, {}, "print the version"},
  };
}

// Those of one command or two.
std::vector<Option> own_options() {
  using enum OptionId;
  using enum OptionValue;
  return {
      {Check,
       "--check",
       "",
       None,
       "",
       {CommandId::Status, CommandId::Conditions},
       {},
       "exit 1 unless the host is ready, or all conditions (those named, if any) are True"},
      {TokenFile,
       "--token-file",
       "",
       Required,
       "FILE",
       {CommandId::Join},
       {},
       "read the token from FILE; - is stdin"},
      {Kind,
       "--kind",
       "",
       Required,
       "agent|installer",
       {CommandId::ConfigCheck},
       {"agent", "installer"},
       "whose configuration it is (default: installer if the file's name says so, else agent)"},
      {Ttl,
       "--ttl",
       "",
       Required,
       "DURATION",
       {CommandId::TokenCreate},
       {},
       "how long the token can be used: 30m, 8h (default: 1h)"},
      {Note, "--note", "", Required, "TEXT", {CommandId::TokenCreate}, {}, "what the token is for"},
      {All, "--all", "-a", None, "", {CommandId::Nodes}, {}, "those that are retired as well"},
      {Yes, "--yes", "-y", None, "", {CommandId::NodeRetire}, {}, "do not ask"},
      {Anew,
       "--anew",
       "",
       None,
       "",
       {CommandId::Join},
       {},
       "also where this host has joined already: its identity there is replaced"},
  };
}

}  // namespace

const std::vector<Command>& commands() {
  using enum CommandId;
  using Kind = ArgumentKind;

  static const std::vector<Command> table{
      {Status, "status", "", 0, 0, Kind::None, Group::Agent, true,
       "what the agent is doing: its configuration, its session, whether the host is ready"},
      {Disks, "disks", "", 0, 0, Kind::None, Group::Agent, true,
       "the disks of this host with their class, and why they have it"},
      {Conditions, "conditions", "[TYPE ...]", 0, kArgumentsMax, Kind::ConditionType, Group::Agent,
       true, "what this host is ready for, with the evidence; those named in full"},
      {Join, "join", "ENDPOINT", 1, 1, Kind::Endpoint, Group::Agent, false,
       "join this host to the installer at host:port; the token is asked for or read from stdin"},
      {TokenCreate, "token create", "", 0, 0, Kind::None, Group::Installer, false,
       "make a token for one host to join with; it is shown this once"},
      {TokenList, "token list", "", 0, 0, Kind::None, Group::Installer, false,
       "the tokens, without their secrets"},
      {TokenRevoke, "token revoke", "ID", 1, 1, Kind::TokenId, Group::Installer, false,
       "make a token worthless"},
      {Nodes, "nodes", "", 0, 0, Kind::None, Group::Installer, true,
       "the nodes that have joined and are not retired"},
      {Node, "node", "NAME", 1, 1, Kind::NodeName, Group::Installer, true,
       "one node, by name or uid, with its last report"},
      {NodeRetire, "node retire", "NAME", 1, 1, Kind::NodeName, Group::Installer, false,
       "end a node's identity: its certificate is refused from now on"},
      {ConfigCheck, "config check", "FILE", 1, 1, Kind::File, Group::Other, false,
       "whether a configuration would be taken, and where it is wrong; needs no agent"},
      {CompletionBash, "completion bash", "", 0, 0, Kind::None, Group::Other, false,
       "print the completion for bash"},
      {CompletionWords, "completion words", "WORD ...", 0, kArgumentsMax, Kind::Word, Group::Hidden,
       false, "what may stand for the last of the words; for the completion itself"},
      {Version, "version", "", 0, 0, Kind::None, Group::Other, false, "print the version"},
      {Help, "help", "[COMMAND]", 0, 2, Kind::Command, Group::Other, false,
       "explain joistctl, or one command"},
  };
  return table;
}

const Command& command(CommandId id) {
  return *std::ranges::find(commands(), id, &Command::id);  // the table is complete
}

const std::vector<Option>& options() {
  static const std::vector<Option> table = [] {
    auto all = common_options();
    const auto own = own_options();
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }();
  return table;
}

bool takes(CommandId command, const Option& option) {
  return option.commands.empty() ||
         std::ranges::find(option.commands, command) != option.commands.end();
}

}  // namespace joist::ctl
