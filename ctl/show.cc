#include "ctl/show.h"

#include <algorithm>
#include <chrono>

#include "base/message_text.h"
#include "base/value_text.h"
#include "ctl/answer_text.h"
#include "ctl/api.h"
#include "ctl/check.h"
#include "ctl/disk_show.h"
#include "ctl/views.h"

namespace joist::ctl {
namespace {

using std::chrono::system_clock;

// Calls, and shows what comes back by `page_of`.
template <typename Request, typename Response, typename PageOf>
Result<Shown> show_answer(const CommandLine& line, const Screen& screen, Service service,
                          const std::string& method, const Request& request, Response& response,
                          PageOf page_of) {
  const Sockets sockets{line.agent_socket, line.installer_socket};
  if (auto called = call(sockets, service, method, request, response); !called) {
    return tl::unexpected<Error>(called.error());
  }
  const auto now = system_clock::now();
  return Shown{answer_text(line.output, screen, response, [&] { return page_of(response, now); })};
}

Result<Shown> show_status(const CommandLine& line, const Screen& screen) {
  v1::Status status;
  auto shown = show_answer(line, screen, Service::Agent, "GetStatus", v1::GetStatusRequest(),
                           status, status_page);
  if (shown && line.check) {
    shown->why_no = why_not_ready(status);
    if (!shown->why_no.empty()) shown->code = ExitCode::No;
  }
  return shown;
}

Result<Shown> show_conditions(const CommandLine& line, const Screen& screen) {
  v1::ListConditionsResponse conditions;
  const Sockets sockets{line.agent_socket, line.installer_socket};
  if (auto called =
          call(sockets, Service::Agent, "ListConditions", v1::ListConditionsRequest(), conditions);
      !called) {
    return tl::unexpected<Error>(called.error());
  }
  const auto missing = keep_named(line.arguments, conditions);
  Shown shown;
  shown.text = answer_text(line.output, screen, conditions, [&] {
    return conditions_page(conditions, !line.arguments.empty(), system_clock::now());
  });
  if (line.check) shown.why_no = why_not_all_true(conditions, missing);
  if (!line.check && !missing.empty()) {
    shown.why_no =
        "no condition " + in_quotes(missing.front()) + "; joistctl conditions lists them";
    shown.code = ExitCode::NotFound;
  } else if (!shown.why_no.empty()) {
    shown.code = ExitCode::No;
  }
  return shown;
}

}  // namespace

Result<Shown> show(const CommandLine& line, const Screen& screen) {
  switch (line.command) {
    case CommandId::Status:
      return show_status(line, screen);
    case CommandId::Conditions:
      return show_conditions(line, screen);
    case CommandId::DiskList: {
      v1::ListDisksResponse disks;
      return show_answer(line, screen, Service::Agent, "ListDisks", v1::ListDisksRequest(), disks,
                         disks_page);
    }
    case CommandId::Nodes: {
      v1::ListNodesRequest request;
      request.set_retired(line.all);
      v1::ListNodesResponse nodes;
      return show_answer(line, screen, Service::Fleet, "ListNodes", request, nodes, nodes_page);
    }
    case CommandId::Node: {
      v1::GetNodeRequest request;
      request.set_name(line.arguments.at(0));
      v1::GetNodeResponse response;
      return show_answer(line, screen, Service::Fleet, "GetNode", request, response,
                         [](const v1::GetNodeResponse& answer, WallTime now) {
                           return node_page(answer.node(), now);
                         });
    }
    case CommandId::TokenList: {
      v1::ListTokensResponse tokens;
      return show_answer(line, screen, Service::Fleet, "ListTokens", v1::ListTokensRequest(),
                         tokens, tokens_page);
    }
    default:
      return show_of_disks(line, screen);
  }
}

}  // namespace joist::ctl
