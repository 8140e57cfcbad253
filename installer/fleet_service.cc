#include "installer/fleet_service.h"

#include <utility>

#include "base/log.h"
#include "base/wall_time.h"
#include "installer/enrolment.h"
#include "pki/join_token.h"

namespace joist::installer {
namespace {

using wire::Task;

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

}  // namespace

FleetService::FleetService(StoreWorker& store, Fleet& fleet, std::string pin, const Clock& clock,
                           uid_t owner)
    : store_(store), fleet_(fleet), pin_(std::move(pin)), clock_(clock), owner_(owner) {
  using wire::Peer;
  rpc_.on<v1::CreateTokenRequest, v1::CreateTokenResponse>(
      "CreateToken",
      [this](const v1::CreateTokenRequest& request, const Peer&) { return create_token(request); });
  rpc_.on<v1::ListTokensRequest, v1::ListTokensResponse>(
      "ListTokens", [this](const v1::ListTokensRequest&, const Peer&) { return list_tokens(); });
  rpc_.on<v1::RevokeTokenRequest, v1::RevokeTokenResponse>(
      "RevokeToken",
      [this](const v1::RevokeTokenRequest& request, const Peer&) { return revoke_token(request); });
  rpc_.on<v1::ListNodesRequest, v1::ListNodesResponse>(
      "ListNodes",
      [this](const v1::ListNodesRequest& request, const Peer&) { return list_nodes(request); });
  rpc_.on<v1::GetNodeRequest, v1::GetNodeResponse>(
      "GetNode",
      [this](const v1::GetNodeRequest& request, const Peer&) { return get_node(request); });
  rpc_.on<v1::RetireNodeRequest, v1::RetireNodeResponse>(
      "RetireNode",
      [this](const v1::RetireNodeRequest& request, const Peer&) { return retire_node(request); });
}

Task<wire::Response> FleetService::handle(const wire::Request& request,
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

Task<Result<v1::CreateTokenResponse>> FleetService::create_token(
    const v1::CreateTokenRequest& request) {
  const WallTime now = clock_.now().wall;
  const auto life = request.has_time_to_live()
                        ? std::chrono::duration_cast<std::chrono::milliseconds>(
                              from_duration(request.time_to_live()))
                        : std::chrono::milliseconds(kTokenLife);
  const auto made = pki::make_join_token(pin_);
  if (!made) co_return fail(made.error(), "create token");
  const StoredToken token{.id = made->id,
                          .hash = pki::secret_hash(made->secret.reveal()),
                          .create_time = now,
                          .expire_time = now + life,
                          .note = request.note()};
  const auto add = [token, now](Store& store) { return store.add_token(token, now); };
  const auto added = co_await store_.ask(add);
  if (!added) co_return fail(added.error(), "create token");
  log(Priority::Notice, "made a join token",
      {{"token", token.id}, {"life_seconds", std::to_string(life.count() / 1000)}});
  v1::CreateTokenResponse response;
  *response.mutable_token() = show_token(token, now);
  response.set_text(pki::join_token_text(*made).reveal());
  co_return response;
}

Task<Result<v1::ListTokensResponse>> FleetService::list_tokens() {
  const auto list = [](Store& store) { return store.tokens(); };
  const auto tokens = co_await store_.ask(list);
  if (!tokens) co_return fail(tokens.error(), "list tokens");
  const WallTime now = clock_.now().wall;
  v1::ListTokensResponse response;
  for (const StoredToken& token : *tokens) {
    *response.add_tokens() = show_token(token, now);
  }
  co_return response;
}

Task<Result<v1::RevokeTokenResponse>> FleetService::revoke_token(
    const v1::RevokeTokenRequest& request) {
  const WallTime now = clock_.now().wall;
  const auto revoke = [id = request.id(), now](Store& store) {
    return store.revoke_token(id, now);
  };
  const auto token = co_await store_.ask(revoke);
  if (!token) co_return tl::unexpected<Error>(token.error());
  log(Priority::Notice, "revoked a join token", {{"token", token->id}});
  v1::RevokeTokenResponse response;
  *response.mutable_token() = show_token(*token, now);
  co_return response;
}

v1::Node FleetService::show_node(const StoredNode& node, v1::Report report,
                                 std::optional<WallTime> report_time) const {
  v1::Node shown;
  shown.set_uid(node.uid);
  shown.set_name(node.name);
  *shown.mutable_enroll_time() = to_timestamp(node.enroll_time);
  *shown.mutable_certificate_expire_time() = to_timestamp(node.certificate_expire_time);
  if (node.heard_time) *shown.mutable_heard_time() = to_timestamp(*node.heard_time);
  shown.set_state(node.retire_time ? v1::NODE_STATE_RETIRED : v1::NODE_STATE_DISCONNECTED);
  const Connection* const connection = fleet_.connection(node.uid);
  if (connection != nullptr && !node.retire_time) {
    shown.set_state(v1::NODE_STATE_CONNECTED);
    shown.set_address(connection->address);
    *shown.mutable_heard_time() = to_timestamp(connection->heard.wall);
  }
  if (const Departure* const departure = fleet_.departure(node.uid)) {
    shown.set_disconnect_reason(departure->why);
    *shown.mutable_disconnect_time() = to_timestamp(departure->time);
  }
  for (const v1::ReportItem& item : report.items()) {
    if (item.has_host()) *shown.mutable_roles() = item.host().roles();
  }
  if (report_time) {
    *shown.mutable_report() = std::move(report);
    *shown.mutable_report_time() = to_timestamp(*report_time);
  }
  return shown;
}

Task<Result<v1::ListNodesResponse>> FleetService::list_nodes(const v1::ListNodesRequest& request) {
  const auto retired = request.retired() ? Store::Retired::Show : Store::Retired::Leave;
  const auto list = [retired](Store& store) { return store.list_nodes(retired); };
  auto nodes = co_await store_.ask(list);
  if (!nodes) co_return fail(nodes.error(), "list nodes");
  v1::ListNodesResponse response;
  for (ListedNode& listed : *nodes) {
    *response.add_nodes() = show_node(listed.node, std::move(listed.summary), listed.report_time);
  }
  co_return response;
}

Task<Result<v1::GetNodeResponse>> FleetService::get_node(const v1::GetNodeRequest& request) {
  struct Found {
    StoredNode node;
    Result<std::optional<StoredReport>> report;
  };
  const auto look_up = [name = request.name()](Store& store) -> Result<Found> {
    auto node = store.find_node(name);
    if (!node) return tl::unexpected<Error>(node.error());
    auto report = store.report(node->uid);
    return Found{std::move(*node), std::move(report)};
  };
  auto found = co_await store_.ask(look_up);
  if (!found) co_return tl::unexpected<Error>(found.error());
  StoredReport report;
  if (!found->report) {
    log(Priority::Warning, "cannot show a report", found->report.error());
  } else if (*found->report) {
    report = std::move(**found->report);
  }
  const bool reported = found->report && *found->report;
  v1::GetNodeResponse response;
  *response.mutable_node() = show_node(found->node, std::move(report.report),
                                       reported ? std::optional(report.report_time) : std::nullopt);
  co_return response;
}

Task<Result<v1::RetireNodeResponse>> FleetService::retire_node(
    const v1::RetireNodeRequest& request) {
  const WallTime now = clock_.now().wall;
  std::string name = request.name();
  const auto node = co_await fleet_.retire(std::move(name), now);
  if (!node) co_return tl::unexpected<Error>(node.error());
  log(Priority::Notice, "retired a node", {{"node", node->name}, {"uid", node->uid}});
  const Event event{
      .time = now, .kind = "NodeRetired", .subject = node->name, .message = node->uid};
  store_.tell([event](Store& store) { return store.add_event(event); });
  v1::RetireNodeResponse response;
  *response.mutable_node() = show_node(*node, {}, std::nullopt);
  co_return response;
}

}  // namespace joist::installer
