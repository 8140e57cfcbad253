// Consents that were signed elsewhere.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "joist/v1/plan.pb.h"

namespace joist::apply {

// Clocks of two hosts may differ by so much, and one host's may be set back.
inline constexpr std::int64_t kClockSeconds = 300;

// What is signed: joist.v1.Consent.signature. 32 bytes.
std::string signed_bytes(const v1::Consent& consent);

// That it is for this plan, not expired, not from the future, and signed by the owner of the key.
// `public_key_pem`: "-----BEGIN PUBLIC KEY-----", Ed25519 (RFC 8032). Refused otherwise; Malformed:
// the key is none.
Result<void> check_signed(const v1::Consent& consent, const std::string& plan_digest,
                          std::string_view public_key_pem, WallTime now);

}  // namespace joist::apply
