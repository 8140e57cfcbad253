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
       {CommandId::Status, CommandId::Conditions, CommandId::DiskList, CommandId::DiskShow,
        CommandId::DiskPlan, CommandId::DiskHistory, CommandId::DiskWatch, CommandId::Nodes,
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
      {ApplySocket,
       "--apply-socket",
       "",
       Required,
       "PATH",
       {},
       {},
       "joist-apply's (default: $JOIST_APPLY_SOCKET or /run/joist/apply.sock)"},
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
      {Yes,
       "--yes",
       "-y",
       None,
       "",
       {CommandId::NodeRetire, CommandId::DiskUndo},
       {},
       "do not ask"},
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

// Those of what prepares disks.
std::vector<Option> disk_options() {
  using enum OptionId;
  using enum OptionValue;
  return {
      {For,
       "--for",
       "",
       Required,
       "DURATION",
       {CommandId::DiskApprove},
       {},
       "how long the consent can be used: 30m, 8h, 7d (default: 1h)"},
      {Digest,
       "--digest",
       "",
       Required,
       "HEX",
       {CommandId::DiskApprove, CommandId::DiskApply, CommandId::DiskWipe},
       {},
       "the plan that is meant, by 8 letters or more of its digest; nobody is asked then"},
      {NoWait,
       "--no-wait",
       "",
       None,
       "",
       {CommandId::DiskApply, CommandId::DiskWipe},
       {},
       "begin, and do not stay until the end"},
      {Zero,
       "--zero",
       "",
       None,
       "",
       {CommandId::DiskWipe},
       {},
       "every byte, which takes long and cannot be undone"},
      {Discard,
       "--discard",
       "",
       None,
       "",
       {CommandId::DiskWipe},
       {},
       "every byte, by a disk that promises zeros for what it forgets; cannot be undone"},
  };
}

}  // namespace

const std::vector<Command>& commands() {
  using enum CommandId;
  using Kind = ArgumentKind;

  static const std::vector<Command> table{
      {Status, "status", "", 0, 0, Kind::None, Group::Agent, true,
       "what the agent is doing: its configuration, its session, whether the host is ready"},
      {Conditions, "conditions", "[TYPE ...]", 0, kArgumentsMax, Kind::ConditionType, Group::Agent,
       true, "what this host is ready for, with the evidence; those named in full"},
      {Join, "join", "ENDPOINT", 1, 1, Kind::Endpoint, Group::Agent, false,
       "join this host to the installer at host:port; the token is asked for or read from stdin"},
      {DiskList, "disk list", "", 0, 0, Kind::None, Group::Disks, true,
       "the disks of this host with their class, and why they have it", "disks"},
      {DiskShow, "disk show", "DISK", 1, 1, Kind::DiskName, Group::Disks, true,
       "one disk, by name or id: all that is known of it, and what the plan says of it"},
      {DiskPlan, "disk plan", "[DISK ...]", 0, kArgumentsMax, Kind::DiskName, Group::Disks, true,
       "what would be done to the disks for storage.uses, and why not to the others"},
      {DiskApprove, "disk approve", "[DISK ...]", 0, kArgumentsMax, Kind::DiskName, Group::Disks,
       false, "consent to the plan, once it was shown; as root"},
      {DiskApply, "disk apply", "[DISK ...]", 0, kArgumentsMax, Kind::DiskName, Group::Disks, false,
       "do what was consented to, and show how it goes; as root"},
      {DiskWipe, "disk wipe", "DISK", 1, 1, Kind::DiskName, Group::Disks, false,
       "make one disk blank, unless it is to be kept: shows, asks, and does it; as root"},
      {DiskUndo, "disk undo", "JOB", 1, 1, Kind::JobId, Group::Disks, false,
       "put back what a job cleared; JOB is its id, the beginning of it, or its disk; as root"},
      {DiskCancel, "disk cancel", "JOB", 1, 1, Kind::JobId, Group::Disks, false,
       "stop a job before its next step; as root"},
      {DiskHistory, "disk history", "[JOB]", 0, 1, Kind::JobId, Group::Disks, true,
       "what was done to the disks, the newest first; one job in full"},
      {DiskWatch, "disk watch", "", 0, 0, Kind::None, Group::Disks, true,
       "what is being done to the disks now, again and again until Ctrl-C"},
      {DiskCeph, "disk ceph", "", 0, 0, Kind::None, Group::Disks, false,
       "the disks that are ready for Ceph, as YAML for Rook's CephCluster"},
      {DiskLonghorn, "disk longhorn", "", 0, 0, Kind::None, Group::Disks, false,
       "the disks that are ready for Longhorn, as YAML of this node for kubectl"},
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

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find_if(commands(), [name](const Command& command) {
    return command.name == name || (!name.empty() && command.other_name == name);
  });
  return found == commands().end() ? nullptr : &*found;
}

const Command& command(CommandId id) {
  return *std::ranges::find(commands(), id, &Command::id);  // the table is complete
}

const std::vector<Option>& options() {
  static const std::vector<Option> table = [] {
    auto all = common_options();
    for (const auto& more : {own_options(), disk_options()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  return table;
}

bool takes(CommandId command, const Option& option) {
  return option.commands.empty() ||
         std::ranges::find(option.commands, command) != option.commands.end();
}

}  // namespace joist::ctl
