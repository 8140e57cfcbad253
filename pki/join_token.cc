#include "pki/join_token.h"

#include <algorithm>
#include <vector>

#include "base/sha256.h"
#include "base/trimmed.h"

namespace joist::pki {
namespace {

constexpr std::string_view kPrefix = "joist1";
constexpr std::size_t kIdBytes = 6;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kTextMax = 256;

bool is_id(std::string_view text) {
  return text.size() == kIdBytes * 2 && std::ranges::all_of(text, [](char letter) {
           return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
         });
}

std::vector<std::string_view> split_at_dots(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

Result<JoinToken> make_join_token(std::string_view pin) {
  const auto id = random_bytes(kIdBytes);
  if (!id) return fail(id.error(), "make token");
  const auto secret = random_bytes(kSecretBytes);
  if (!secret) return fail(secret.error(), "make token");
  return JoinToken{std::string(pin), to_hex(*id), Secret(to_base64url(*secret))};
}

Secret join_token_text(const JoinToken& token) {
  return Secret(std::string(kPrefix) + "." + to_base64url(token.pin) + "." + token.id + "." +
                token.secret.reveal());
}

Result<JoinToken> parse_join_token(std::string_view text) {
  const auto refused = [] {
    return fail(ErrorCode::Malformed,
                "not a join token: expected joist1.<pin>.<id>.<secret>, whole, as "
                "`joistctl token create` printed it");
  };
  text = trimmed(text);
  if (text.size() > kTextMax) return refused();
  const auto parts = split_at_dots(text);
  if (parts.size() != 4 || parts[0] != kPrefix || !is_id(parts[2])) return refused();
  auto pin = from_base64url(parts[1]);
  const auto secret = from_base64url(parts[3]);
  if (!pin || pin->size() != kSha256Bytes) return refused();
  if (!secret || secret->size() != kSecretBytes) return refused();
  return JoinToken{std::move(*pin), std::string(parts[2]), Secret(std::string(parts[3]))};
}

std::string secret_hash(std::string_view secret) { return sha256(secret); }

bool secret_matches(std::string_view secret, std::string_view stored_hash) {
  return equal_in_constant_time(secret_hash(secret), stored_hash);
}

}  // namespace joist::pki
