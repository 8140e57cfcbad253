#include "ctl/command_line.h"

#include <gtest/gtest.h>

#include <map>

#include "ctl/completion.h"
#include "ctl/completion_script.h"
#include "ctl/help.h"

namespace joist::ctl {
namespace {

using Words = std::vector<std::string>;

Result<CommandLine> parse(const Words& words, std::map<std::string, std::string> variables = {}) {
  return parse_command_line(words, [&](const std::string& name) { return variables[name]; });
}

std::string error_of(const Words& words) {
  const auto line = parse(words);
  if (line) return "";
  EXPECT_EQ(line.error().code, ErrorCode::Malformed);
  return line.error().message;
}

TEST(CommandLine, TakesOptionsAnywhere) {
  for (const Words& words :
       std::vector<Words>{{"-o", "json", "token", "revoke", "a1"},
                          {"token", "-ojson", "revoke", "a1"},
                          {"token", "revoke", "a1", "--output=json"},
                          {"token", "revoke", "--output", "json", "--", "a1"}}) {
    const auto line = parse(words);
    ASSERT_TRUE(line.has_value()) << line.error().message;
    EXPECT_EQ(line->command, CommandId::TokenRevoke);
    EXPECT_EQ(line->arguments, Words{"a1"});
    EXPECT_EQ(line->output, Output::Json);
  }
}

TEST(CommandLine, TellsANodeFromWhatIsDoneToIt) {
  EXPECT_EQ(parse({"node", "host1"})->command, CommandId::Node);
  EXPECT_EQ(parse({"node", "retire", "host1"})->command, CommandId::NodeRetire);
  EXPECT_EQ(error_of({"node"}), "\"node\" is no command, expected node NAME, node retire");
  EXPECT_EQ(error_of({"node", "retire"}), "NAME is missing; usage: joistctl node retire NAME");
}

TEST(CommandLine, WatchesEveryTwoSecondsUnlessTold) {
  EXPECT_EQ(parse({"disks", "--watch"})->watch_seconds, 2.0);
  EXPECT_EQ(parse({"--watch", "0.5", "disks"})->watch_seconds, 0.5);
  EXPECT_EQ(parse({"--watch", "disks"})->watch_seconds, 2.0);
  EXPECT_EQ(parse({"disks", "--watch=60"})->watch_seconds, 60.0);
  EXPECT_EQ(parse({"disks"})->watch_seconds, std::nullopt);
  for (const char* seconds : {"0", "1e9", "nan", "inf", "0.1"}) {
    EXPECT_NE(error_of({"disks", std::string("--watch=") + seconds}), "") << seconds;
  }
  EXPECT_EQ(error_of({"join", "a:1", "--watch"}), "--watch does not go with join");
}

TEST(CommandLine, KnowsTheListOfDisksByTwoNames) {
  EXPECT_EQ(parse({"disks"})->command, CommandId::DiskList);
  EXPECT_EQ(parse({"disk", "list"})->command, CommandId::DiskList);
  EXPECT_EQ(parse({"disks", "--help"})->arguments, Words{"disk list"});
  EXPECT_TRUE(
      error_of({"disk"}).starts_with("\"disk\" is no command, expected disk list, disk show"));
  EXPECT_EQ(error_of({"diskz"}), "unknown command \"diskz\", did you mean disks?");
  EXPECT_NE(command_help("disks").value().find("; the same as"), std::string::npos);
  EXPECT_NE(general_help().find("(also: disks)"), std::string::npos);
}

TEST(CommandLine, TakesWhatPreparingDisksNeeds) {
  const auto approve =
      parse({"disk", "approve", "sda", "sdb", "--for", "8h", "--digest", "1A2B3C4D5E"});
  ASSERT_TRUE(approve.has_value()) << approve.error().message;
  EXPECT_EQ(approve->command, CommandId::DiskApprove);
  EXPECT_EQ(approve->arguments, (Words{"sda", "sdb"}));
  EXPECT_EQ(approve->lasts, "8h");
  EXPECT_EQ(approve->digest, "1a2b3c4d5e");
  EXPECT_TRUE(parse({"disk", "apply", "--no-wait"})->no_wait);
  EXPECT_TRUE(parse({"disk", "wipe", "sda", "--zero"})->zero);
  EXPECT_TRUE(parse({"disk", "undo", "j", "-y"})->yes);
  for (const std::string& wrong : Words{"1a2b3c4", "1a2b3c4g", "", std::string(65, 'a')}) {
    EXPECT_NE(error_of({"disk", "apply", "--digest=" + wrong}), "") << wrong;
  }
  EXPECT_EQ(error_of({"disk", "apply", "--for", "8h"}), "--for does not go with disk apply");
  EXPECT_EQ(error_of({"disk", "apply", "--zero"}), "--zero does not go with disk apply");
  EXPECT_EQ(error_of({"disk", "wipe", "sda", "--zero", "--discard"}),
            "--zero or --discard, not both");
  EXPECT_EQ(error_of({"disk", "wipe"}), "DISK is missing; usage: joistctl disk wipe DISK");
  EXPECT_EQ(error_of({"disk", "wipe", "a", "b"}),
            "\"b\" is too much; usage: joistctl disk wipe DISK");
}

TEST(CommandLine, WatchesJobsWithoutBeingTold) {
  EXPECT_EQ(parse({"disk", "watch"})->watch_seconds, 2.0);
  EXPECT_EQ(parse({"disk", "watch", "--watch", "0.5"})->watch_seconds, 0.5);
  EXPECT_EQ(parse({"disk", "history"})->watch_seconds, std::nullopt);
}

TEST(CommandLine, FindsTheSockets) {
  EXPECT_EQ(parse({"status"})->agent_socket, "/run/joist/agent.sock");
  EXPECT_EQ(parse({"nodes"})->installer_socket, "/run/joist-installer/installer.sock");
  EXPECT_EQ(parse({"status"}, {{"JOIST_AGENT_SOCKET", "/a"}})->agent_socket, "/a");
  EXPECT_EQ(parse({"status", "--agent-socket", "/b"}, {{"JOIST_AGENT_SOCKET", "/a"}})->agent_socket,
            "/b");
  EXPECT_EQ(parse({"nodes"}, {{"JOIST_INSTALLER_SOCKET", "/i"}})->installer_socket, "/i");
  EXPECT_EQ(parse({"disk", "apply"})->apply_socket, "/run/joist/apply.sock");
  EXPECT_EQ(parse({"disk", "apply"}, {{"JOIST_APPLY_SOCKET", "/p"}})->apply_socket, "/p");
  EXPECT_EQ(parse({"disk", "apply", "--apply-socket", "/q"})->apply_socket, "/q");
}

TEST(CommandLine, RespectsNoColor) {
  EXPECT_FALSE(parse({"status"})->no_color);
  EXPECT_TRUE(parse({"status", "--no-color"})->no_color);
  EXPECT_TRUE(parse({"status"}, {{"NO_COLOR", "1"}})->no_color);
}

TEST(CommandLine, TakesNoTokenFromTheCommandLine) {
  EXPECT_NE(error_of({"join", "a:1", "joist1.x.y.z"}).find("never taken from the command line"),
            std::string::npos);
  EXPECT_EQ(error_of({"join", "a:1", "joist1.x.y.z"}).find("joist1"), std::string::npos);
  EXPECT_EQ(parse({"join", "a:1", "--token-file", "-"})->token_file, "-");
}

TEST(CommandLine, SaysWhatIsWrong) {
  const std::vector<std::pair<Words, std::string>> cases{
      {{"stauts"}, "unknown command \"stauts\", did you mean status?"},
      {{"zebra"}, "unknown command \"zebra\"; see joistctl --help"},
      {{"status", "--wach"}, "unknown option \"--wach\", did you mean --watch?"},
      {{"-x"}, "unknown option \"-x\"; see joistctl --help"},
      {{"-o"}, "-o needs a value: table|json|yaml"},
      {{"status", "-o", "xml"}, "--output takes table|json|yaml, and not \"xml\""},
      {{"status", "--no-color=1"}, "--no-color takes no value"},
      {{"status", "extra"}, "\"extra\" is too much; usage: joistctl status"},
      {{"config"}, "\"config\" is no command, expected config check"},
      {{"--no-color"}, "no command given; see joistctl --help"},
      {{"config", "check", "f", "--kind", "x"}, "--kind takes agent|installer, and not \"x\""}};
  for (const auto& [words, error] : cases) EXPECT_EQ(error_of(words), error);
}

TEST(CommandLine, HelpsOnOneCommand) {
  EXPECT_EQ(parse({})->command, CommandId::Help);
  EXPECT_EQ(parse({"token", "create", "--help"})->arguments, Words{"token create"});
  EXPECT_EQ(parse({"-h", "token"})->arguments, Words{"token"});
}

TEST(Help, KnowsEveryCommandAndOption) {
  const std::string general = general_help();
  std::string all = general;
  for (const Command& command : commands()) {
    if (command.group == Group::Hidden) continue;
    EXPECT_NE(general.find("\n  " + std::string(command.name)), std::string::npos) << command.name;
    all += command_help(std::string(command.name)).value();
  }
  for (const Option& option : options()) {
    EXPECT_NE(all.find(option.name), std::string::npos) << option.name;
  }
  for (std::size_t begin = 0; begin < all.size();) {
    const auto end = all.find('\n', begin);
    EXPECT_LE(end - begin, 80U) << all.substr(begin, end - begin);
    begin = end + 1;
  }
  EXPECT_FALSE(command_help("zebra").has_value());
}

Words offered(const Words& words) {
  return complete(words, [](ArgumentKind kind) {
    return kind == ArgumentKind::NodeName ? Words{"host2", "host1", "$(reboot)", "a;b", ""}
                                          : Words{};
  });
}

TEST(Completion, OffersWhatMayStandNext) {
  EXPECT_EQ(offered({"t"}), Words{"token"});
  EXPECT_EQ(offered({"token", ""}), (Words{"create", "list", "revoke"}));
  EXPECT_EQ(offered({"-o", "json", "token", "r"}), Words{"revoke"});
  EXPECT_EQ(offered({"status", "-o", ""}), (Words{"json", "table", "yaml"}));
  EXPECT_EQ(offered({"config", "check", ""}), Words{"<file>"});
  EXPECT_EQ(offered({"join", "a:1", "--token-file", "x"}), Words{"<file>"});
  EXPECT_EQ(offered({"token", "create", "--t"}), Words{"--ttl"});
  EXPECT_EQ(offered({"nodes", "--y"}), Words{});
  EXPECT_EQ(offered({"status", ""}), Words{});
  EXPECT_EQ(offered({"disk"}), (Words{"disk", "disks"}));
  EXPECT_EQ(offered({"disk", "app"}), (Words{"apply", "approve"}));
  EXPECT_EQ(offered({"disk", "wipe", "sda", "--z"}), Words{"--zero"});
  EXPECT_EQ(offered({"disk", "apply", "--apply-socket", ""}), Words{"<file>"});
  EXPECT_FALSE(offered({}).empty());
}

TEST(Completion, OffersNodesButNothingThatAShellWouldRun) {
  EXPECT_EQ(offered({"node", ""}), (Words{"host1", "host2", "retire"}));
  EXPECT_EQ(offered({"node", "retire", "host1"}), Words{"host1"});
  EXPECT_EQ(offered({"node", "retire", "host1", ""}), Words{});
}

TEST(Completion, ScriptIsBuiltIn) {
  EXPECT_NE(completion_script().find("complete -F _joistctl joistctl\n"), std::string_view::npos);
}

}  // namespace
}  // namespace joist::ctl
