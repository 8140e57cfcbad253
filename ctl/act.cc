#include "ctl/act.h"

#include <algorithm>
#include <cstdio>

#include "base/config_file.h"
#include "base/message_rules.h"
#include "base/value_text.h"
#include "base/yaml_document.h"
#include "base/yaml_message.h"
#include "ctl/answer_text.h"
#include "ctl/api.h"
#include "ctl/config_kind.h"
#include "ctl/disk_act.h"
#include "ctl/humane.h"
#include "ctl/screen_text.h"
#include "ctl/terminal.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/cluster.pb.h"
#include "pki/join_token.h"

namespace joist::ctl {
namespace {

using std::chrono::system_clock;

constexpr std::size_t kTokenBytesMax = 4096;  // white space and all

Sockets sockets_of(const CommandLine& line) { return {line.agent_socket, line.installer_socket}; }

void hint(const std::string& text) { std::fprintf(stderr, "%s\n", screen_text(text).c_str()); }

// Lines of text for people, who must see the same lines.
void hint_lines(std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    hint(std::string(line));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
}

Result<ExitCode> print(const CommandLine& line, const Screen& screen,
                       const google::protobuf::Message& answer, const std::string& text) {
  const std::string out = line.output == Output::Table
                              ? screen_text(text, screen.utf8) + "\n"
                              : answer_text(line.output, screen, answer, [] { return Page(); });
  if (auto good = write_out(out); !good) return tl::unexpected<Error>(good.error());
  return ExitCode::Ok;
}

Result<std::string> read_token(const CommandLine& line) {
  auto text = line.token_file       ? read_small(*line.token_file, kTokenBytesMax)
              : input_is_terminal() ? read_secret("Token (joist1...., not shown): ")
                                    : read_small("-", kTokenBytesMax);
  if (!text) return text;
  const auto token = pki::parse_join_token(*text);
  if (!token) return tl::unexpected<Error>(token.error());
  const auto first = text->find_first_not_of(" \t\r\n");
  return text->substr(first, text->find_last_not_of(" \t\r\n") - first + 1);
}

Result<ExitCode> join(const CommandLine& line, const Screen& screen) {
  auto token = read_token(line);
  if (!token) return tl::unexpected<Error>(token.error());
  v1::JoinRequest request;
  request.set_endpoint(line.arguments.at(0));
  request.set_token(std::move(*token));
  request.set_anew(line.anew);
  v1::JoinResponse response;
  if (auto called = call(sockets_of(line), Service::Agent, "Join", request, response); !called) {
    return tl::unexpected<Error>(called.error());
  }
  return print(line, screen, response,
               "Joined " + request.endpoint() + " as node " + response.node_uid() +
                   "; its certificate expires " +
                   humane_when(response.certificate_expire_time(), system_clock::now()) + ".");
}

Result<ExitCode> create_token(const CommandLine& line, const Screen& screen) {
  v1::CreateTokenRequest request;
  request.set_note(line.note);
  if (line.ttl) {
    const auto life = parse_duration(*line.ttl);
    if (life) *request.mutable_time_to_live() = *life;
    if (!life || !check_rules(request)) {
      return fail(ErrorCode::Malformed, "--ttl: " + in_quotes(*line.ttl) +
                                            " does not fit, expected a duration from 1s to 24h, "
                                            "such as 30m, 8h or 1h30m");
    }
  }
  v1::CreateTokenResponse response;
  if (auto called = call(sockets_of(line), Service::Fleet, "CreateToken", request, response);
      !called) {
    return tl::unexpected<Error>(called.error());
  }
  auto printed = print(line, screen, response, response.text());
  if (printed && line.output == Output::Table) {
    hint("For one host, and gone " +
         humane_when(response.token().expire_time(), system_clock::now()) +
         ". On that host: joistctl join INSTALLER:7443");
  }
  return printed;
}

Result<ExitCode> revoke_token(const CommandLine& line, const Screen& screen) {
  const std::string& id = line.arguments.at(0);
  if (const auto token = pki::parse_join_token(id)) {
    return fail(ErrorCode::Malformed,
                "that is a whole token, whose secret belongs on no command line; its id is enough: "
                "joistctl token revoke " +
                    token->id);
  }
  v1::RevokeTokenRequest request;
  request.set_id(id);
  v1::RevokeTokenResponse response;
  if (auto called = call(sockets_of(line), Service::Fleet, "RevokeToken", request, response);
      !called) {
    return tl::unexpected<Error>(called.error());
  }
  return print(line, screen, response,
               "Token " + request.id() + " is " +
                   enum_word(*v1::TokenState_descriptor(), response.token().state()) + ".");
}

Result<ExitCode> retire_node(const CommandLine& line, const Screen& screen) {
  const std::string& name = line.arguments.at(0);
  if (!line.yes && !input_is_terminal()) {
    return fail(ErrorCode::Refused,
                "nobody to ask: retiring a node needs --yes without a terminal");
  }
  if (!line.yes) {
    const auto agreed = confirm("Retire node " + screen_text(name) +
                                "? Its certificate is refused from now on; it must join again.");
    if (!agreed) return tl::unexpected<Error>(agreed.error());
    if (!*agreed) return ExitCode::No;
  }
  v1::RetireNodeRequest request;
  request.set_name(name);
  v1::RetireNodeResponse response;
  if (auto called = call(sockets_of(line), Service::Fleet, "RetireNode", request, response);
      !called) {
    return tl::unexpected<Error>(called.error());
  }
  return print(line, screen, response,
               "Node " + response.node().name() + " (" + response.node().uid() + ") is retired.");
}

// A file of the other program is wrong from its first key on.
void hint_other_kind(const std::string& path, ConfigKind kind) {
  const bool agent = kind == ConfigKind::Agent;
  const ConfigKind other = agent ? ConfigKind::Installer : ConfigKind::Agent;
  const auto config = make_config(other);
  if (path == "-" || !load_config(path, *config)) return;
  hint("It was taken for " + std::string(config_words(kind)) + ", and would be good as " +
       std::string(config_words(other)) + ": --kind " + (agent ? "installer" : "agent"));
}

Result<ExitCode> check_config(const CommandLine& line, const Screen& screen) {
  const std::string& path = line.arguments.at(0);
  const ConfigKind kind = config_kind(path, line.kind);
  const auto config = make_config(kind);
  Result<void> good;
  if (path == "-") {
    const auto text = read_small("-", kYamlBytesMax);
    if (!text) return tl::unexpected<Error>(text.error());
    good = decode_yaml(*text, "stdin", *config);
  } else {
    good = load_config(path, *config);
  }
  if (!good && good.error().code == ErrorCode::Malformed) {
    hint_lines(good.error().message);
    if (!line.kind) hint_other_kind(path, kind);
    return ExitCode::No;
  }
  if (!good) return tl::unexpected<Error>(good.error());
  return print(
      line, screen, *config,
      (path == "-" ? "stdin" : path) + ": good, as " + std::string(config_words(kind)) + ".");
}

}  // namespace

Result<ExitCode> act(const CommandLine& line, const Screen& screen) {
  switch (line.command) {
    case CommandId::Join:
      return join(line, screen);
    case CommandId::TokenCreate:
      return create_token(line, screen);
    case CommandId::TokenRevoke:
      return revoke_token(line, screen);
    case CommandId::NodeRetire:
      return retire_node(line, screen);
    case CommandId::ConfigCheck:
      return check_config(line, screen);
    default:
      return act_on_disks(line, screen);
  }
}

}  // namespace joist::ctl
