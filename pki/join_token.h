// What a host joins with: joist1.<SPKI sha256>.<id>.<secret>
//   SPKI sha256  of the installer's authority, base64url: pins who may answer
//   id           names the token in lists and logs
//   secret       256 random bits, base64url; shown once, stored hashed
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "pki/key.h"

namespace joist::pki {

struct JoinToken {
  std::string pin;  // 32 bytes
  std::string id;   // 12 lower-case hex digits
  Secret secret;    // 43 characters of base64url, as sent
};

// A token with a new id and secret for the authority of that pin (32 bytes).
Result<JoinToken> make_join_token(std::string_view pin);

// As people copy it.
Secret join_token_text(const JoinToken& token);

// Malformed, without repeating the text, unless it is exactly of that form.
// White space around it is passed over: it comes from terminals.
Result<JoinToken> parse_join_token(std::string_view text);

// What is stored of a secret: SHA-256. A slow hash would add nothing: there are
// 256 random bits, so guessing is hopeless either way.
std::string secret_hash(std::string_view secret);

// Constant time.
bool secret_matches(std::string_view secret, std::string_view stored_hash);

}  // namespace joist::pki
