#include "agent/enrolment.h"

#include <chrono>
#include <cstdlib>
#include <utility>

#include "base/log.h"
#include "joist/v1/enrolment.pb.h"
#include "pki/certificate.h"
#include "pki/join_token.h"
#include "pki/request.h"
#include "wire/rpc_client.h"

namespace joist::agent {
namespace {

constexpr std::chrono::seconds kClockDifferenceTold{60};

struct KeyAndRequest {
  pki::Secret key;
  std::string request;
};

Result<KeyAndRequest> make_key_and_request() {
  auto key = pki::make_key();
  if (!key) return fail(key.error(), "make a key");
  auto request = pki::make_request(*key);
  if (!request) return fail(request.error(), "make a certificate request");
  return KeyAndRequest{std::move(*key), std::move(*request)};
}

void tell_clock_difference(const v1::EnrollResponse& response, WallTime now) {
  if (!response.has_server_time()) return;
  const auto here = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const auto difference = std::chrono::seconds(response.server_time().seconds()) - here;
  if (std::chrono::abs(difference) < kClockDifferenceTold) return;
  log(Priority::Warning, "this host's clock differs from the installer's",
      {{"difference_seconds", std::to_string(difference.count())}});
}

}  // namespace

wire::Task<Result<Identity>> enrol(std::string endpoint, std::string token, v1::Host host,
                                   WallTime now) {
  const auto parsed = pki::parse_join_token(token);
  if (!parsed) co_return fail(parsed.error(), "the token");
  auto context = wire::pinned_context(parsed->pin);
  if (!context) co_return tl::unexpected<Error>(context.error());
  auto made = make_key_and_request();
  if (!made) co_return tl::unexpected<Error>(made.error());

  v1::EnrollRequest request;
  request.set_token_id(parsed->id);
  request.set_token_secret(parsed->secret.reveal());
  request.set_certificate_request(made->request);
  *request.mutable_host() = std::move(host);
  v1::EnrollResponse response;
  const std::string method = "joist.v1.Enrolment/Enroll";
  const auto called = co_await wire::call_tls(endpoint, *context, method, request, response);
  // What protobuf allocated for the secret is freed, not wiped; it was of one use.
  if (!called) co_return fail(called.error(), "join " + endpoint);

  auto identity = make_identity(std::move(endpoint), std::move(made->key), response.certificate(),
                                response.authority());
  if (!identity) co_return fail(identity.error(), "the installer's answer");
  const auto authority = pki::parse_certificate(identity->authority);
  if (!authority || authority->spki_sha256 != parsed->pin) {
    co_return fail(ErrorCode::Unauthenticated,
                   "the installer's answer: its authority is not the one the token is from");
  }
  identity->join_time = now;
  tell_clock_difference(response, now);
  co_return identity;
}

wire::Task<Result<Identity>> renew(const Identity& identity, std::string endpoint,
                                   wire::TlsContextPtr context) {
  auto made = make_key_and_request();
  if (!made) co_return tl::unexpected<Error>(made.error());
  v1::RenewRequest request;
  request.set_certificate_request(made->request);
  v1::RenewResponse response;
  const std::string method = "joist.v1.Enrolment/Renew";
  const auto called = co_await wire::call_tls(endpoint, context, method, request, response);
  if (!called) co_return fail(called.error(), "renew the certificate");

  auto renewed = make_identity(identity.endpoint, std::move(made->key), response.certificate(),
                               response.authority());
  if (!renewed) co_return fail(renewed.error(), "the installer's answer");
  if (renewed->node_uid != identity.node_uid) {
    co_return fail(ErrorCode::Refused, "the installer's answer: a certificate for another node");
  }
  renewed->join_time = identity.join_time;
  co_return renewed;
}

}  // namespace joist::agent
