#include "ctl/help.h"

#include <algorithm>

#include "base/value_text.h"
#include "ctl/command_list.h"
#include "ctl/screen_text.h"

namespace joist::ctl {
namespace {

constexpr std::size_t kTextColumn = 26;
constexpr int kColumns = 80;

std::string joined(const std::vector<std::string>& lines, std::size_t left) {
  std::string text;
  for (const std::string& line : lines) {
    text += (text.empty() ? "" : std::string(left, ' ')) + line + "\n";
  }
  return text;
}

// "  left      text", the text wrapped by words in its column.
std::string entry(const std::string& left, std::string_view text) {
  std::string line = "  " + left;
  if (line.size() + 2 > kTextColumn) line += "\n" + std::string(kTextColumn, ' ');
  if (line.size() < kTextColumn) line.resize(kTextColumn, ' ');
  return line +
         joined(wrap_to_columns(text, kColumns - static_cast<int>(kTextColumn)), kTextColumn);
}

std::string usage_of(const Command& command) {
  return std::string(command.name) + (command.arguments.empty() ? "" : " ") +
         std::string(command.arguments);
}

std::string group_help(Group group) {
  std::string text;
  for (const Command& command : commands()) {
    if (command.group != group) continue;
    std::string summary(command.summary);
    if (!command.other_name.empty()) summary += " (also: " + std::string(command.other_name) + ")";
    text += entry(usage_of(command), summary);
  }
  return text;
}

std::string option_help(const Option& option) {
  std::string left =
      std::string(option.letter) + (option.letter.empty() ? "" : ", ") + std::string(option.name);
  if (!option.value_name.empty()) left += " " + std::string(option.value_name);
  return entry(left, option.summary);
}

std::string single_help(const Command& command) {
  std::string own;
  for (const Option& option : options()) {
    const bool its_own = !option.commands.empty() && takes(command.id, option);
    if (its_own) own += option_help(option);
  }
  std::string summary(command.summary);
  summary.front() = static_cast<char>(summary.front() - 'a' + 'A');
  if (!command.other_name.empty()) {
    summary += "; the same as joistctl " + std::string(command.other_name);
  }
  return "Usage: joistctl " + usage_of(command) + (own.empty() ? "" : " [OPTION ...]") + "\n\n" +
         joined(wrap_to_columns(summary + ".", kColumns), 0) + (own.empty() ? "" : "\n") + own +
         "\n";
}

std::string common_help() {
  std::string text;
  for (const Option& option : options()) {
    if (option.commands.empty()) text += option_help(option);
  }
  return text;
}

}  // namespace

std::string general_help() {
  std::string common;
  for (const Option& option : options()) {
    if (option.id == OptionId::Watch || option.commands.empty()) common += option_help(option);
  }
  return "Usage: joistctl [OPTION ...] COMMAND [ARGUMENT ...]\n\n"
         "Of the agent on this host:\n" +
         group_help(Group::Agent) + "\nOf this host's disks:\n" + group_help(Group::Disks) +
         "\nOf the installer on this host:\n" + group_help(Group::Installer) + "\nBy itself:\n" +
         group_help(Group::Other) + "\nOptions, anywhere on the line:\n" + common +
         "\nExit status:\n"
         "  0  it worked\n"
         "  1  the answer is no (--check, config check, or you answered no); or a disk was\n"
         "     not prepared to the end\n"
         "  2  the command line or a value in it is wrong\n"
         "  3  the agent, the installer or joist-apply cannot be reached\n"
         "  4  refused or not allowed\n"
         "  5  no such node, token, condition, disk, job or file\n"
         "  6  anything else failed\n"
         "\njoistctl COMMAND --help explains one command.\n";
}

Result<std::string> command_help(const std::string& name) {
  std::string text;
  for (const Command& command : commands()) {
    const bool meant = &command == find_command(name) || command.name.starts_with(name + " ");
    if (!meant || command.group == Group::Hidden) continue;
    text += single_help(command);
  }
  if (!text.empty()) return text + "Everywhere:\n" + common_help();
  return fail(ErrorCode::Malformed, "unknown command " + in_quotes(name) + "; see joistctl --help");
}

}  // namespace joist::ctl
