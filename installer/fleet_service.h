// joist.v1.Fleet: the API for people, on the unix socket alone.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/clock.h"
#include "installer/fleet.h"
#include "installer/store_worker.h"
#include "joist/v1/cluster.pb.h"
#include "wire/rpc.h"

namespace joist::installer {

class FleetService {
 public:
  // `pin`: SHA-256 of the authority's SPKI. `owner`: who may call besides root.
  // All references must outlive this.
  FleetService(StoreWorker& store, Fleet& fleet, std::string pin, const Clock& clock, uid_t owner);

  bool serves(std::string_view path) const { return rpc_.serves(path); }

  // Refused (403) unless the peer is root or the owner.
  wire::Task<wire::Response> handle(const wire::Request& request, const wire::Peer& peer) const;

 private:
  wire::Task<Result<v1::CreateTokenResponse>> create_token(const v1::CreateTokenRequest& request);
  wire::Task<Result<v1::ListTokensResponse>> list_tokens();
  wire::Task<Result<v1::RevokeTokenResponse>> revoke_token(const v1::RevokeTokenRequest& request);
  wire::Task<Result<v1::ListNodesResponse>> list_nodes(const v1::ListNodesRequest& request);
  wire::Task<Result<v1::GetNodeResponse>> get_node(const v1::GetNodeRequest& request);
  wire::Task<Result<v1::RetireNodeResponse>> retire_node(const v1::RetireNodeRequest& request);
  v1::Node show_node(const StoredNode& node, v1::Report report,
                     std::optional<WallTime> report_time) const;

  StoreWorker& store_;
  Fleet& fleet_;
  std::string pin_;
  const Clock& clock_;
  uid_t owner_;
  wire::RpcService rpc_{"joist.v1.Fleet"};
};

}  // namespace joist::installer
