#include "agent/local_api.h"

#include <unistd.h>

#include <utility>

namespace joist::agent {
namespace {

using wire::Peer;
using wire::Task;

constexpr unsigned kSocketMode = 0666;

bool may_join(const Peer& peer) { return peer.uid && (*peer.uid == 0 || *peer.uid == ::geteuid()); }

}  // namespace

LocalApi::LocalApi(wire::asio::io_context& io, Sources sources)
    : sources_(std::move(sources)),
      service_("joist.v1.Agent"),
      server_(io, wire::HttpLimits{.connections_per_peer_max = 16},
              [this](const wire::Request& request, const Peer& peer) -> Task<wire::Response> {
                if (service_.serves(request.path)) return service_.handle(request, peer);
                return [](wire::Response answer) -> Task<wire::Response> {
                  co_return answer;
                }(wire::text_response(404, "only joist.v1.Agent is served here"));
              }) {
  service_.on<v1::GetStatusRequest, v1::Status>(
      "GetStatus", [this](const v1::GetStatusRequest&, const Peer&) -> Task<Result<v1::Status>> {
        co_return sources_.status();
      });
  service_.on<v1::ListDisksRequest, v1::ListDisksResponse>(
      "ListDisks",
      [this](const v1::ListDisksRequest&, const Peer&) -> Task<Result<v1::ListDisksResponse>> {
        co_return sources_.disks();
      });
  service_.on<v1::PlanDisksRequest, v1::PlanDisksResponse>(
      "PlanDisks",
      [this](const v1::PlanDisksRequest& request, const Peer&)
          -> Task<Result<v1::PlanDisksResponse>> { co_return sources_.plan(request); });
  service_.on<v1::ListConditionsRequest, v1::ListConditionsResponse>(
      "ListConditions",
      [this](const v1::ListConditionsRequest&, const Peer&)
          -> Task<Result<v1::ListConditionsResponse>> { co_return sources_.conditions(); });
  service_.on<v1::JoinRequest, v1::JoinResponse>(
      "Join",
      [this](const v1::JoinRequest& request, const Peer& peer) -> Task<Result<v1::JoinResponse>> {
        if (!may_join(peer)) {
          co_return fail(ErrorCode::Refused, "only root may let this host join: use sudo");
        }
        v1::JoinRequest copy = request;
        co_return co_await sources_.join(std::move(copy));
      });
}

Result<void> LocalApi::listen(const std::string& path) {
  return server_.listen_unix(path, kSocketMode);
}

Result<bool> LocalApi::mend() {
  const auto mended = server_.mend_unix();
  if (!mended) return tl::unexpected<Error>(mended.error());
  return !mended->empty();
}

}  // namespace joist::agent
