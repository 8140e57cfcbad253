#include "installer/enrolment.h"

#include <algorithm>

#include "base/log.h"
#include "base/printable.h"
#include "base/sha256.h"
#include "base/value_format.h"
#include "base/wall_time.h"
#include "pki/certificate.h"
#include "pki/join_token.h"

namespace joist::installer {
namespace {

constexpr std::string_view kTokenRefused =
    "the token is not valid: it is unknown, used, expired or revoked. Make a new one on the "
    "installer with `joistctl token create`";

// RFC 9562, version 4.
Result<std::string> random_uuid() {
  auto bytes = pki::random_bytes(16);
  if (!bytes) return bytes;
  (*bytes)[6] = static_cast<char>((static_cast<unsigned char>((*bytes)[6]) & 0x0f) | 0x40);
  (*bytes)[8] = static_cast<char>((static_cast<unsigned char>((*bytes)[8]) & 0x3f) | 0x80);
  std::string text = to_hex(*bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, "-");
  return text;
}

Result<IssuedCertificate> read_issued(const std::string& certificate, WallTime now) {
  const auto parsed = pki::parse_certificate(certificate);
  if (!parsed) return fail(parsed.error(), "issued certificate");
  return IssuedCertificate{parsed->serial, now, parsed->not_after};
}

std::string seconds_text(std::chrono::seconds duration) {
  return std::to_string(duration.count()) + " s";
}

}  // namespace

std::string_view name_of(TokenFault fault) {
  switch (fault) {
    case TokenFault::None:
      return "None";
    case TokenFault::Unknown:
      return "TokenUnknown";
    case TokenFault::Forged:
      return "TokenForged";
    case TokenFault::Revoked:
      return "TokenRevoked";
    case TokenFault::Used:
      return "TokenUsed";
    case TokenFault::Expired:
      return "TokenExpired";
  }
  return "None";
}

TokenFault judge_token(const std::optional<StoredToken>& token, std::string_view secret,
                       WallTime now) {
  // The same work whether the id is known or not.
  const bool matches = pki::secret_matches(secret, token ? token->hash : std::string(32, '\0'));
  if (!token) return TokenFault::Unknown;
  if (!matches) return TokenFault::Forged;
  if (token->revoke_time) return TokenFault::Revoked;
  if (token->use_time) return TokenFault::Used;
  if (now >= token->expire_time) return TokenFault::Expired;
  return TokenFault::None;
}

v1::TokenState token_state(const StoredToken& token, WallTime now) {
  if (token.use_time) return v1::TOKEN_STATE_USED;
  if (token.revoke_time) return v1::TOKEN_STATE_REVOKED;
  if (now >= token.expire_time) return v1::TOKEN_STATE_EXPIRED;
  return v1::TOKEN_STATE_OPEN;
}

Result<void> check_host(const v1::Host& host) {
  if (!has_format(host.name(), v1::FORMAT_DNS_NAME) || host.name().empty()) {
    return fail(ErrorCode::Malformed, "host.name: \"" + printable(host.name(), 64) +
                                          "\" cannot be a node's name, expected " +
                                          format_expected(v1::FORMAT_DNS_NAME) +
                                          "; set `name:` in agent.yaml");
  }
  const std::string& id = host.machine_id();
  const bool is_id = id.size() == 32 && std::ranges::all_of(id, [](char letter) {
                       return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
                     });
  if (!id.empty() && !is_id) {
    return fail(ErrorCode::Malformed,
                "host.machine_id: expected 32 lower-case hex digits, as in /etc/machine-id");
  }
  return {};
}

Result<bool> judge_rejoin(const std::optional<StoredNode>& holder, const std::string& machine_id,
                          std::chrono::seconds living) {
  if (!holder) return false;
  const std::string retire = "`joistctl node retire " + holder->name + "`";
  if (machine_id.empty() || machine_id != holder->machine_id) {
    return fail(ErrorCode::Refused,
                "another machine is called " + holder->name +
                    ". If it is gone, or this is the same one installed anew, run " + retire +
                    " on the installer; else give this host a name of its own");
  }
  if (living > std::chrono::seconds{0}) {
    return fail(ErrorCode::Refused,
                holder->name +
                    " is still in use by a host with this machine id. If this host "
                    "replaces it, run " +
                    retire + " on the installer, or stop its agent and try again in " +
                    seconds_text(living));
  }
  return true;
}

void Enrolment::note_refusal(const std::string& token_id, const std::string& peer,
                             std::string_view reason, const std::string& message,
                             const Moment& now) {
  metrics_.enrolment(reason);
  const std::string token = printable(token_id, 32);
  log(Priority::Warning, "refused an enrolment",
      {{"token", token}, {"peer", peer}, {"reason", std::string(reason)}, {"error", message}});
  const Event event{.time = now.wall,
                    .kind = "EnrolmentRefused",
                    .subject = token,
                    .address = address_only(peer),
                    .message = std::string(reason) + ": " + message};
  store_.tell([event](Store& store) { return store.add_event(event); });
}

Result<Enrolment::NewNode> Enrolment::prepare(const v1::EnrollRequest& request,
                                              const std::optional<StoredNode>& holder,
                                              const Moment& now) const {
  const v1::Host& host = request.host();
  if (auto checked = check_host(host); !checked) return fail(checked.error(), "request");
  const auto living = holder ? fleet_.living_for(*holder, now) : std::chrono::seconds{0};
  const auto replaces = judge_rejoin(holder, host.machine_id(), living);
  if (!replaces) return tl::unexpected<Error>(replaces.error());

  auto uid = random_uuid();
  if (!uid) return fail(uid.error(), "make a uid");
  auto certificate = pki::issue(authority_, request.certificate_request(),
                                pki::node_holder(*uid, host.name()), now.wall, certificate_life_);
  if (!certificate) return fail(certificate.error(), "certificate_request");
  const auto issued = read_issued(*certificate, now.wall);
  if (!issued) return fail(issued.error(), "enroll");
  return NewNode{.node = {.uid = std::move(*uid),
                          .name = host.name(),
                          .machine_id = host.machine_id(),
                          .enroll_time = now.wall,
                          .serial = issued->serial,
                          .certificate_expire_time = issued->expire_time},
                 .certificate = std::move(*certificate),
                 .replaced = *replaces ? holder->uid : std::string()};
}

Result<void> Enrolment::check_pace(const std::string& from, const Moment& now) {
  const auto wait = failures_.wait(from, now.boot);
  if (wait == std::chrono::seconds{0}) return {};
  metrics_.enrolment("TooManyFailures");
  return fail(ErrorCode::Unavailable,
              "too many failed attempts from this address; try again in " + seconds_text(wait));
}

wire::Task<Result<void>> Enrolment::add(const std::string& token_id, const NewNode& made,
                                        WallTime now) {
  const auto add = [token_id, node = made.node, replaced = made.replaced, now](Store& store) {
    const IssuedCertificate issued{node.serial, now, node.certificate_expire_time};
    return store.enroll(token_id, node, issued, replaced, now);
  };
  auto added = co_await store_.ask(add);
  // The replaced node may have come back in the meantime: it is retired now, or will be if
  // the store was only too slow to answer.
  const bool may_be_done = added || added.error().code == ErrorCode::Unavailable;
  if (may_be_done && !made.replaced.empty()) fleet_.end_session(made.replaced);
  co_return added;
}

wire::Task<Result<v1::EnrollResponse>> Enrolment::enroll(const v1::EnrollRequest& request,
                                                         const std::string& peer,
                                                         const Moment& now) {
  const std::string from = address_key(peer);
  if (auto paced = check_pace(from, now); !paced) {
    co_return tl::unexpected<Error>(paced.error());
  }
  struct Known {
    std::optional<StoredToken> token;
    std::optional<StoredNode> holder;
  };
  const auto look_up = [id = request.token_id(),
                        name = request.host().name()](Store& store) -> Result<Known> {
    auto token = store.token(id);
    if (!token) return fail(token.error(), "look up the token");
    auto holder = store.node_by_name(name);
    if (!holder) return fail(holder.error(), "look up the name");
    return Known{std::move(*token), std::move(*holder)};
  };
  const auto known = co_await store_.ask(look_up);
  if (!known) co_return tl::unexpected<Error>(known.error());
  // Again: others may have failed meanwhile. Nothing waits between here and the
  // verdict, so that guesses made at once count one by one.
  if (auto paced = check_pace(from, now); !paced) {
    co_return tl::unexpected<Error>(paced.error());
  }
  TokenFault fault = judge_token(known->token, request.token_secret(), now.wall);
  if (fault == TokenFault::None) {
    auto prepared = prepare(request, known->holder, now);
    if (!prepared) {
      failures_.charge(from, now.boot);
      const bool refused = prepared.error().code == ErrorCode::Refused;
      note_refusal(request.token_id(), peer, refused ? "NameTaken" : "BadRequest",
                   prepared.error().message, now);
      co_return tl::unexpected<Error>(prepared.error());
    }
    const auto added = co_await add(request.token_id(), *prepared, now.wall);
    if (added) {
      metrics_.enrolment("Accepted");
      log(Priority::Notice, "a node joined",
          {{"node", prepared->node.name},
           {"uid", prepared->node.uid},
           {"token", request.token_id()},
           {"peer", peer},
           {"replaces", prepared->replaced}});
      v1::EnrollResponse response;
      response.set_node_uid(prepared->node.uid);
      response.set_certificate(prepared->certificate);
      response.set_authority(authority_.certificate);
      *response.mutable_server_time() = to_timestamp(now.wall);
      co_return response;
    }
    if (added.error().code == ErrorCode::Refused) {  // by a name that is unique
      const Error taken{ErrorCode::Refused, "another host just joined as " + prepared->node.name +
                                                "; give this one a name of its own"};
      note_refusal(request.token_id(), peer, "NameTaken", taken.message, now);
      co_return tl::unexpected<Error>(taken);
    }
    if (added.error().code != ErrorCode::Unauthenticated) {
      metrics_.enrolment("Error");
      log(Priority::Error, "cannot store a new node", added.error(),
          {{"node", prepared->node.name}, {"peer", peer}});
      co_return tl::unexpected<Error>(added.error());
    }
    fault = TokenFault::Used;  // another took it in between
  }
  failures_.charge(from, now.boot);
  note_refusal(request.token_id(), peer, name_of(fault), "the token is not valid", now);
  co_return fail(ErrorCode::Unauthenticated, std::string(kTokenRefused));
}

wire::Task<Result<v1::RenewResponse>> Enrolment::renew(const v1::RenewRequest& request,
                                                       const std::string& certificate,
                                                       const std::string& peer, const Moment& now) {
  IdentityFault fault = IdentityFault::None;
  const auto identity = co_await fleet_.identify(certificate, now.wall, fault);
  if (!identity) {
    metrics_.renewal(name_of(fault));
    log(Priority::Warning, "refused to renew a certificate", identity.error(), {{"peer", peer}});
    co_return tl::unexpected<Error>(identity.error());
  }
  const StoredNode& node = identity->node;
  if (const auto wait = renewals_.wait(node.uid, now.boot); wait > std::chrono::seconds{0}) {
    metrics_.renewal("TooMany");
    co_return fail(ErrorCode::Unavailable, "too many renewals; try again in " + seconds_text(wait));
  }
  renewals_.charge(node.uid, now.boot);
  auto made = pki::issue(authority_, request.certificate_request(),
                         pki::node_holder(node.uid, node.name), now.wall, certificate_life_);
  if (!made) {
    metrics_.renewal("BadRequest");
    co_return fail(made.error(), "certificate_request");
  }
  const auto issued = read_issued(*made, now.wall);
  if (!issued) co_return fail(issued.error(), "renew");
  const auto renew = [uid = node.uid, asked_with = identity->serial, issued = *issued](
                         Store& store) { return store.renew(uid, asked_with, issued); };
  const auto stored = co_await store_.ask(renew);
  if (!stored) {
    metrics_.renewal("Error");
    log(Priority::Error, "cannot store a renewed certificate", stored.error(),
        {{"node", node.name}});
    co_return fail(stored.error(), "renew");
  }
  metrics_.renewal("Accepted");
  log(Priority::Info, "renewed a certificate", {{"node", node.name}, {"serial", issued->serial}});
  v1::RenewResponse response;
  response.set_certificate(std::move(*made));
  response.set_authority(authority_.certificate);
  co_return response;
}

}  // namespace joist::installer
