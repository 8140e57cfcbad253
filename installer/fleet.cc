#include "installer/fleet.h"

#include <algorithm>

#include "base/log.h"
#include "pki/certificate.h"

namespace joist::installer {
namespace {

// What the holder of a refused certificate can do.
std::string advice(IdentityFault fault) {
  switch (fault) {
    case IdentityFault::None:
      break;
    case IdentityFault::NoCertificate:
      return "a node's certificate is needed: join first, with `joistctl join`";
    case IdentityFault::NotANode:
      return "the certificate is not a node's";
    case IdentityFault::UnknownNode:
      return "this installer knows no such node; join again with a new token";
    case IdentityFault::Retired:
      return "the node was retired; join again with a new token";
    case IdentityFault::Superseded:
      return "the certificate was replaced by a newer one: is this host a copy of another? Join it "
             "again with a new token";
    case IdentityFault::Expired:
      return "the certificate has expired; join again with a new token";
  }
  return {};
}

}  // namespace

std::string_view name_of(IdentityFault fault) {
  switch (fault) {
    case IdentityFault::None:
      return "None";
    case IdentityFault::NoCertificate:
      return "NoCertificate";
    case IdentityFault::NotANode:
      return "NotANode";
    case IdentityFault::UnknownNode:
      return "UnknownNode";
    case IdentityFault::Retired:
      return "Retired";
    case IdentityFault::Superseded:
      return "Superseded";
    case IdentityFault::Expired:
      return "Expired";
  }
  return "None";
}

JudgedCertificate read_identity(const std::string& certificate, WallTime now) {
  if (certificate.empty()) return {.fault = IdentityFault::NoCertificate};
  const auto parsed = pki::parse_certificate(certificate);
  const auto uid = parsed ? pki::node_uid(*parsed) : std::nullopt;
  if (!uid || !parsed->may_call) return {.fault = IdentityFault::NotANode};
  const bool expired = parsed->not_after <= now;
  return {.fault = expired ? IdentityFault::Expired : IdentityFault::None,
          .uid = *uid,
          .serial = parsed->serial,
          .expire_time = parsed->not_after};
}

IdentityFault judge_identity(const JudgedCertificate& shown,
                             const std::optional<StoredNode>& node) {
  if (shown.fault != IdentityFault::None) return shown.fault;
  if (!node) return IdentityFault::UnknownNode;
  if (node->retire_time) return IdentityFault::Retired;
  // The newest, or the one that asked for it: its holder may not have got the
  // answer. Anything older is a copy.
  const bool current = shown.serial == node->serial || shown.serial == node->previous_serial;
  return current ? IdentityFault::None : IdentityFault::Superseded;
}

Fleet::Fleet(StoreWorker& store, std::chrono::milliseconds silence_max, Moment started)
    : store_(store), silence_max_(silence_max), started_(started) {}

wire::Task<Result<Identity>> Fleet::identify(const std::string& certificate, WallTime now,
                                             IdentityFault& fault) const {
  const JudgedCertificate shown = read_identity(certificate, now);
  std::optional<StoredNode> node;
  if (shown.fault == IdentityFault::None) {
    const auto look_up = [uid = shown.uid](Store& store) { return store.node(uid); };
    auto found = co_await store_.ask(look_up);
    if (!found) co_return fail(found.error(), "look up the node");
    node = std::move(*found);
  }
  fault = judge_identity(shown, node);
  if (fault == IdentityFault::None) co_return Identity{*node, shown.serial, shown.expire_time};
  const bool known = fault == IdentityFault::Retired || fault == IdentityFault::Superseded;
  co_return fail(known ? ErrorCode::Refused : ErrorCode::Unauthenticated, advice(fault));
}

std::uint64_t Fleet::connect(const std::string& uid, std::string address, const Moment& now,
                             EndSession close) {
  const auto former = connections_.find(uid);
  if (former != connections_.end()) {
    log(Priority::Notice, "a second session of the node ends its first",
        {{"node", uid}, {"first", former->second.address}, {"second", address}});
    former->second.close("Replaced", "another session of this node took its place");
  }
  const std::uint64_t session = next_session_++;
  connections_.insert_or_assign(uid,
                                Connection{session, std::move(address), now, std::move(close)});
  return session;
}

bool Fleet::heard(const std::string& uid, std::uint64_t session, const Moment& now) {
  const auto found = connections_.find(uid);
  if (found == connections_.end() || found->second.session != session) return false;
  found->second.heard = now;
  return true;
}

void Fleet::disconnect(const std::string& uid, std::uint64_t session) {
  const auto found = connections_.find(uid);
  if (found == connections_.end() || found->second.session != session) return;
  const Moment heard = found->second.heard;
  connections_.erase(found);
  last_heard_[uid] = heard.boot;
  store_.tell([uid, heard](Store& store) { return store.set_heard(uid, heard.wall); });
}

void Fleet::close_all(const std::string& why) {
  // Closing lets the sessions end by themselves, later: none leaves the map now.
  for (const auto& [uid, connection] : connections_) connection.close("Ended", why);
}

void Fleet::left(const std::string& uid, std::string why, WallTime now) {
  departures_[uid] = {std::move(why), now};
}

const Departure* Fleet::departure(const std::string& uid) const {
  const auto found = departures_.find(uid);
  return found == departures_.end() ? nullptr : &found->second;
}

const Connection* Fleet::connection(const std::string& uid) const {
  const auto found = connections_.find(uid);
  return found == connections_.end() ? nullptr : &found->second;
}

wire::Task<Result<StoredNode>> Fleet::retire(std::string name_or_uid, WallTime now) {
  const auto look_up = [name_or_uid](Store& store) { return store.find_node(name_or_uid); };
  const auto found = co_await store_.ask(look_up);
  if (!found) co_return found;
  const auto retire = [found = *found, now](Store& store) -> Result<StoredNode> {
    if (auto retired = store.retire(found.uid, now); !retired) {
      return fail(retired.error(), "retire " + found.name);
    }
    return store.find_node(found.uid);
  };
  auto node = co_await store_.ask(retire);
  // Without an answer it may still be done: the session ends, and the next is judged by
  // what is stored then.
  if (node || node.error().code == ErrorCode::Unavailable) end_session(found->uid);
  co_return node;
}

void Fleet::end_session(const std::string& uid) {
  const auto connection = connections_.find(uid);
  if (connection != connections_.end()) {
    const auto close = connection->second.close;
    disconnect(uid, connection->second.session);
    close("Retired", "the node was retired, or its host joined anew; join again with a new token");
  }
  last_heard_.erase(uid);
}

std::chrono::seconds Fleet::living_for(const StoredNode& node, const Moment& now) const {
  using std::chrono::ceil;
  using std::chrono::seconds;
  if (connections_.contains(node.uid)) return std::max(ceil<seconds>(silence_max_), seconds{1});
  BootTime gone_at = now.boot;
  const auto heard = last_heard_.find(node.uid);
  if (heard != last_heard_.end()) {
    gone_at = heard->second + silence_max_;
  } else if (node.enroll_time < started_.wall) {
    gone_at = started_.boot + kReturnTime;
  }
  return std::max(ceil<seconds>(gone_at - now.boot), seconds{0});
}

}  // namespace joist::installer
