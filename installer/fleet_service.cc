#include "installer/fleet_service.h"

#include <algorithm>

#include "base/log.h"
#include "base/wall_time.h"
#include "installer/enrolment.h"
#include "pki/join_token.h"

namespace joist::installer {
namespace {

constexpr std::chrono::hours kTokenLife{1};

v1::Token show_token(const StoredToken& token, WallTime now) {
  v1::Token shown;
  shown.set_id(token.id);
  *shown.mutable_create_time() = to_timestamp(token.create_time);
  *shown.mutable_expire_time() = to_timestamp(token.expire_time);
  if (token.use_time) *shown.mutable_use_time() = to_timestamp(*token.use_time);
  shown.set_used_by(token.used_by);
  shown.set_state(token_state(token, now));
  shown.set_note(token.note);
  return shown;
}

void drop_disks(v1::Report& report) {
  auto& items = *report.mutable_items();
  items.erase(std::remove_if(items.begin(), items.end(),
                             [](const v1::ReportItem& item) { return item.has_disk(); }),
              items.end());
}

}  // namespace

FleetService::FleetService(Store& store, Fleet& fleet, std::string pin, const Clock& clock,
                           uid_t owner)
    : store_(store), fleet_(fleet), pin_(std::move(pin)), clock_(clock), owner_(owner) {
  using wire::Peer;
  using wire::Task;
  rpc_.on<v1::CreateTokenRequest, v1::CreateTokenResponse>(
      "CreateToken",
      [this](const v1::CreateTokenRequest& request, const Peer&)
          -> Task<Result<v1::CreateTokenResponse>> { co_return create_token(request); });
  rpc_.on<v1::ListTokensRequest, v1::ListTokensResponse>(
      "ListTokens",
      [this](const v1::ListTokensRequest&, const Peer&) -> Task<Result<v1::ListTokensResponse>> {
        co_return list_tokens();
      });
  rpc_.on<v1::RevokeTokenRequest, v1::RevokeTokenResponse>(
      "RevokeToken",
      [this](const v1::RevokeTokenRequest& request, const Peer&)
          -> Task<Result<v1::RevokeTokenResponse>> { co_return revoke_token(request); });
  rpc_.on<v1::ListNodesRequest, v1::ListNodesResponse>(
      "ListNodes",
      [this](const v1::ListNodesRequest&, const Peer&) -> Task<Result<v1::ListNodesResponse>> {
        co_return list_nodes();
      });
  rpc_.on<v1::GetNodeRequest, v1::GetNodeResponse>(
      "GetNode",
      [this](const v1::GetNodeRequest& request, const Peer&) -> Task<Result<v1::GetNodeResponse>> {
        co_return get_node(request);
      });
  rpc_.on<v1::RetireNodeRequest, v1::RetireNodeResponse>(
      "RetireNode",
      [this](const v1::RetireNodeRequest& request, const Peer&)
          -> Task<Result<v1::RetireNodeResponse>> { co_return retire_node(request); });
}

wire::Task<wire::Response> FleetService::handle(const wire::Request& request,
                                                const wire::Peer& peer) const {
  const bool allowed = peer.uid && (*peer.uid == 0 || *peer.uid == owner_);
  if (!allowed) {
    log(Priority::Warning, "refused a caller of the fleet's API",
        {{"uid", peer.uid ? std::to_string(*peer.uid) : "none"}, {"path", request.path}});
    const bool as_json = !request.header("content-type").starts_with("application/x-protobuf");
    co_return wire::problem_response(
        {ErrorCode::Refused, "only root and the installer's own user may do this"}, as_json);
  }
  co_return co_await rpc_.handle(request, peer);
}

Result<v1::CreateTokenResponse> FleetService::create_token(const v1::CreateTokenRequest& request) {
  const WallTime now = clock_.now().wall;
  const auto life = request.has_time_to_live()
                        ? std::chrono::duration_cast<std::chrono::milliseconds>(
                              from_duration(request.time_to_live()))
                        : std::chrono::milliseconds(kTokenLife);
  const auto made = pki::make_join_token(pin_);
  if (!made) return fail(made.error(), "create token");
  const StoredToken token{.id = made->id,
                          .hash = pki::secret_hash(made->secret.reveal()),
                          .create_time = now,
                          .expire_time = now + life,
                          .note = request.note()};
  if (auto added = store_.add_token(token, now); !added) {
    return fail(added.error(), "create token");
  }
  log(Priority::Notice, "made a join token",
      {{"token", token.id}, {"life_seconds", std::to_string(life.count() / 1000)}});
  v1::CreateTokenResponse response;
  *response.mutable_token() = show_token(token, now);
  response.set_text(pki::join_token_text(*made).reveal());
  return response;
}

Result<v1::ListTokensResponse> FleetService::list_tokens() const {
  const auto tokens = store_.tokens();
  if (!tokens) return fail(tokens.error(), "list tokens");
  const WallTime now = clock_.now().wall;
  v1::ListTokensResponse response;
  for (const StoredToken& token : *tokens) {
    *response.add_tokens() = show_token(token, now);
  }
  return response;
}

Result<v1::RevokeTokenResponse> FleetService::revoke_token(const v1::RevokeTokenRequest& request) {
  const WallTime now = clock_.now().wall;
  const auto token = store_.revoke_token(request.id(), now);
  if (!token) return tl::unexpected<Error>(token.error());
  log(Priority::Notice, "revoked a join token", {{"token", token->id}});
  v1::RevokeTokenResponse response;
  *response.mutable_token() = show_token(*token, now);
  return response;
}

v1::Node FleetService::show_node(const StoredNode& node, Disks disks) const {
  v1::Node shown;
  shown.set_uid(node.uid);
  shown.set_name(node.name);
  *shown.mutable_enroll_time() = to_timestamp(node.enroll_time);
  *shown.mutable_certificate_expire_time() = to_timestamp(node.certificate_expire_time);
  if (node.heard_time) *shown.mutable_heard_time() = to_timestamp(*node.heard_time);
  shown.set_state(node.retire_time ? v1::NODE_STATE_RETIRED : v1::NODE_STATE_DISCONNECTED);
  if (const Connection* connection = fleet_.connection(node.uid)) {
    shown.set_state(v1::NODE_STATE_CONNECTED);
    shown.set_address(connection->address);
    *shown.mutable_heard_time() = to_timestamp(connection->heard.wall);
  }
  auto stored = store_.report(node.uid);
  if (!stored) {
    log(Priority::Warning, "cannot show a report", stored.error());
  } else if (*stored) {
    *shown.mutable_report() = std::move((*stored)->report);
    *shown.mutable_report_time() = to_timestamp((*stored)->report_time);
  }
  for (const v1::ReportItem& item : shown.report().items()) {
    if (item.has_host()) *shown.mutable_roles() = item.host().roles();
  }
  if (disks == Disks::Leave && shown.has_report()) drop_disks(*shown.mutable_report());
  return shown;
}

Result<v1::ListNodesResponse> FleetService::list_nodes() const {
  const auto nodes = store_.nodes();
  if (!nodes) return fail(nodes.error(), "list nodes");
  v1::ListNodesResponse response;
  for (const StoredNode& node : *nodes) *response.add_nodes() = show_node(node, Disks::Leave);
  return response;
}

Result<v1::GetNodeResponse> FleetService::get_node(const v1::GetNodeRequest& request) const {
  const auto node = fleet_.find(request.name());
  if (!node) return tl::unexpected<Error>(node.error());
  v1::GetNodeResponse response;
  *response.mutable_node() = show_node(*node, Disks::Keep);
  return response;
}

Result<v1::RetireNodeResponse> FleetService::retire_node(const v1::RetireNodeRequest& request) {
  const WallTime now = clock_.now().wall;
  const auto node = fleet_.retire(request.name(), now);
  if (!node) return tl::unexpected<Error>(node.error());
  log(Priority::Notice, "retired a node", {{"node", node->name}, {"uid", node->uid}});
  const auto noted = store_.add_event(
      {.time = now, .kind = "NodeRetired", .subject = node->name, .message = node->uid});
  if (!noted) log(Priority::Warning, "cannot store an event", noted.error());
  v1::RetireNodeResponse response;
  *response.mutable_node() = show_node(*node, Disks::Leave);
  return response;
}

}  // namespace joist::installer
