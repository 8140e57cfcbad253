// joist.v1.Agent on RUN_DIR/agent.sock, for joistctl and its like. Reading is
// for every local user; joining for root and the agent's own user.
// Threads: the control thread.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "joist/v1/agent.pb.h"
#include "wire/http_server.h"
#include "wire/rpc.h"

namespace joist::agent {

class LocalApi {
 public:
  // Asked at each call.
  struct Sources {
    std::function<v1::Status()> status;
    std::function<v1::ListDisksResponse()> disks;
    std::function<Result<v1::PlanDisksResponse>(const v1::PlanDisksRequest&)> plan;
    std::function<v1::ListConditionsResponse()> conditions;
    std::function<wire::Task<Result<v1::JoinResponse>>(v1::JoinRequest)> join;
  };

  LocalApi(wire::asio::io_context& io, Sources sources);

  Result<void> listen(const std::string& path);
  // Its socket again where somebody removed it. True: it was.
  Result<bool> mend();
  void close() { server_.close(); }
  const wire::HttpCounters& counters() const { return server_.counters(); }

 private:
  Sources sources_;
  wire::RpcService service_;
  wire::HttpServer server_;
};

}  // namespace joist::agent
