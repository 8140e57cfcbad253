// Who may become a node. The decisions are pure functions; Enrolment does the
// lookups, issues the certificates and writes it down.
//
// A host that joins under a name that is taken replaces the node of that name
// only if it has the same machine id and that node is gone: not connected, and
// silent for long enough (Fleet::living_for). Then the old identity is retired:
// the host gets a new uid, and nothing that was granted to the old one is its.
// So a stolen token cannot push a living node out, and a re-installed host whose
// machine id changed needs a person, who retires the old node by hand.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "installer/attempt_limiter.h"
#include "installer/fleet.h"
#include "installer/metrics.h"
#include "installer/store_worker.h"
#include "joist/v1/enrolment.pb.h"
#include "pki/authority.h"

namespace joist::installer {

enum class TokenFault { None, Unknown, Forged, Revoked, Used, Expired };

// What is wrong with a token, for the journal and the metrics; the host is never
// told which.
TokenFault judge_token(const std::optional<StoredToken>& token, std::string_view secret,
                       WallTime now);
std::string_view name_of(TokenFault fault);

// As people see it.
v1::TokenState token_state(const StoredToken& token, WallTime now);

// Malformed unless the name is one that a node can have and the machine id is
// one of machine-id(5), or empty.
Result<void> check_host(const v1::Host& host);

// Whether a host with `machine_id` may have the name of `holder`, which counts
// as living for `living` more. True: it replaces it. Refused: what a person can do.
Result<bool> judge_rejoin(const std::optional<StoredNode>& holder, const std::string& machine_id,
                          std::chrono::seconds living);

class Enrolment {
 public:
  // All must outlive this.
  Enrolment(StoreWorker& store, Fleet& fleet, const pki::Authority& authority, Metrics& metrics,
            std::chrono::seconds certificate_life)
      : store_(store),
        fleet_(fleet),
        authority_(authority),
        metrics_(metrics),
        certificate_life_(certificate_life) {}

  // `peer` as in wire::Peer::address. Unavailable: too many failures from there.
  // Unauthenticated: the token. Malformed: the request. Refused: the name.
  // Nothing but success uses the token up. What is referred to is the caller's.
  wire::Task<Result<v1::EnrollResponse>> enroll(const v1::EnrollRequest& request,
                                                const std::string& peer, const Moment& now);

  // `certificate`: the client certificate of the call, DER.
  wire::Task<Result<v1::RenewResponse>> renew(const v1::RenewRequest& request,
                                              const std::string& certificate,
                                              const std::string& peer, const Moment& now);

  void set_certificate_life(std::chrono::seconds life) { certificate_life_ = life; }

 private:
  struct NewNode {
    StoredNode node;
    std::string certificate;  // DER
    std::string replaced;     // uid, or empty
  };
  Result<NewNode> prepare(const v1::EnrollRequest& request, const std::optional<StoredNode>& holder,
                          const Moment& now) const;
  wire::Task<Result<void>> add(const std::string& token_id, const NewNode& made, WallTime now);
  Result<void> check_pace(const std::string& from, const Moment& now);
  void note_refusal(const std::string& token_id, const std::string& peer, std::string_view reason,
                    const std::string& message, const Moment& now);

  StoreWorker& store_;
  Fleet& fleet_;
  const pki::Authority& authority_;
  Metrics& metrics_;
  std::chrono::seconds certificate_life_;
  // Ten wrong tokens at once from one address, six a minute after that.
  AttemptLimiter failures_{{.burst = 10, .per_second = 0.1}};
  // A node renews every few weeks; ten at once are for tests and short lives.
  AttemptLimiter renewals_{{.burst = 10, .per_second = 0.1}};
};

}  // namespace joist::installer
