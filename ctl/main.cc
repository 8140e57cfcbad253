// joistctl: a person's tool for the agent and the installer. See docs/joistctl.md.
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "ctl/act.h"
#include "ctl/api.h"
#include "ctl/apply_api.h"
#include "ctl/command_line.h"
#include "ctl/completion.h"
#include "ctl/completion_script.h"
#include "ctl/help.h"
#include "ctl/screen_text.h"
#include "ctl/show.h"
#include "ctl/terminal.h"
#include "ctl/watch.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/cluster.pb.h"

namespace joist::ctl {
namespace {

// Errors may repeat what a host or a file said; their lines stay lines.
int complain(const Error& error) {
  std::string_view rest = error.message;
  for (const char* lead = "joistctl: "; !rest.empty(); lead = "") {
    const auto line = rest.substr(0, rest.find('\n'));
    std::fprintf(stderr, "%s%s\n", lead, screen_text(line).c_str());
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return static_cast<int>(exit_code_of(error.code));
}

int print(const std::string& text) {
  const auto written = write_out(text);
  return written ? 0 : complain(written.error());
}

std::vector<std::string> names_of(const Sockets& sockets, const ApplyApi& apply,
                                  ArgumentKind kind) {
  std::vector<std::string> names;
  if (kind == ArgumentKind::NodeName) {
    v1::ListNodesResponse nodes;
    if (call(sockets, Service::Fleet, "ListNodes", v1::ListNodesRequest(), nodes)) {
      for (const v1::Node& node : nodes.nodes()) names.push_back(node.name());
    }
  } else if (kind == ArgumentKind::TokenId) {
    v1::ListTokensResponse tokens;
    if (call(sockets, Service::Fleet, "ListTokens", v1::ListTokensRequest(), tokens)) {
      for (const v1::Token& token : tokens.tokens()) {
        if (token.state() == v1::TOKEN_STATE_OPEN) names.push_back(token.id());
      }
    }
  } else if (kind == ArgumentKind::ConditionType) {
    v1::ListConditionsResponse conditions;
    if (call(sockets, Service::Agent, "ListConditions", v1::ListConditionsRequest(), conditions)) {
      for (const v1::Condition& condition : conditions.conditions()) {
        names.push_back(condition.type());
      }
    }
  } else if (kind == ArgumentKind::DiskName) {
    v1::ListDisksResponse disks;
    if (call(sockets, Service::Agent, "ListDisks", v1::ListDisksRequest(), disks)) {
      for (const v1::Disk& disk : disks.disks()) names.push_back(disk.name());
    }
  } else if (kind == ArgumentKind::JobId) {
    if (const auto jobs = apply.jobs()) {
      for (const v1::DiskJob& job : jobs->jobs()) names.push_back(job.id());
    }
  }
  return names;
}

int run_completion(const CommandLine& line) {
  Sockets sockets{line.agent_socket, line.installer_socket};
  std::string apply_socket = line.apply_socket;
  for (std::size_t index = 0; index + 1 < line.arguments.size(); ++index) {
    const std::string& word = line.arguments[index];
    if (word == "--agent-socket") sockets.agent = line.arguments[index + 1];
    if (word == "--installer-socket") sockets.installer = line.arguments[index + 1];
    if (word == "--apply-socket") apply_socket = line.arguments[index + 1];
  }
  const ApplyApi apply(apply_socket);
  std::string text;
  for (const std::string& word : complete(
           line.arguments, [&](ArgumentKind kind) { return names_of(sockets, apply, kind); })) {
    text += word + "\n";
  }
  return print(text);
}

int run_help(const CommandLine& line) {
  if (line.arguments.empty()) return print(general_help());
  std::string name;
  for (const std::string& word : line.arguments) name += (name.empty() ? "" : " ") + word;
  const auto text = command_help(name);
  return text ? print(*text) : complain(text.error());
}

int run_show(const CommandLine& line) {
  if (line.watch_seconds) {
    const auto ended = watch(line, [&]() -> Result<std::string> {
      auto shown = show(line, standard_screen(line.no_color));
      if (!shown) return tl::unexpected<Error>(shown.error());
      return std::move(shown->text);
    });
    return ended ? 0 : complain(ended.error());
  }
  const auto shown = show(line, standard_screen(line.no_color));
  if (!shown) return complain(shown.error());
  if (const int failed = print(shown->text); failed != 0) return failed;
  if (!shown->why_no.empty()) complain({ErrorCode::Io, shown->why_no});
  return static_cast<int>(shown->code);
}

int run(const std::vector<std::string>& arguments) {
  const auto line = parse_command_line(arguments, [](const std::string& name) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
    return std::string(value == nullptr ? "" : value);
  });
  if (!line) return complain(line.error());
  switch (line->command) {
    case CommandId::Help:
      return run_help(*line);
    case CommandId::Version:
      return print("joistctl " JOIST_VERSION "\n");
    case CommandId::CompletionBash:
      return print(std::string(completion_script()));
    case CommandId::CompletionWords:
      return run_completion(*line);
    case CommandId::Join:
    case CommandId::ConfigCheck:
    case CommandId::TokenCreate:
    case CommandId::TokenRevoke:
    case CommandId::NodeRetire:
    case CommandId::DiskApprove:
    case CommandId::DiskApply:
    case CommandId::DiskWipe:
    case CommandId::DiskUndo:
    case CommandId::DiskCancel: {
      const auto code = act(*line, standard_screen(line->no_color));
      return code ? static_cast<int>(*code) : complain(code.error());
    }
    default:
      return run_show(*line);
  }
}

}  // namespace
}  // namespace joist::ctl

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");
  return joist::ctl::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
