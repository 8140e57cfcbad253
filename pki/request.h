// Certificate requests (PKCS#10, RFC 2986): a public key and the proof that the
// sender has its private half. Nothing else in one is read.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "pki/key.h"

namespace joist::pki {

// A request for `key`, with an empty subject: the issuer names the holder. DER.
Result<std::string> make_request(const Secret& key);

// The public key of a request (SubjectPublicKeyInfo, DER) whose signature by
// that key holds. Malformed if it does not parse, is not for P-256, or the
// signature is wrong.
Result<std::string> verified_public_key(std::string_view request_der);

}  // namespace joist::pki
