#include "metrics/passwords.h"

#include <crypt.h>
#include <strings.h>

#include <algorithm>

#include "base/sha256.h"
#include "base/value_text.h"

namespace joist::metrics {
namespace {

constexpr std::size_t kVerdictsMax = 100;

// Of no password anybody knows; an unknown user is checked against it.
constexpr const char* kNobody = "$2y$10$abcdefghijklmnopqrstuuX0hM3cLr1g8n9QOo0RkVkH5nV6m0u2a";

bool is_bcrypt(std::string_view hash) {
  constexpr std::string_view kAlphabet =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const bool shaped = hash.size() == 60 && hash[0] == '$' && hash[1] == '2' &&
                      std::string_view("aby").find(hash[2]) != std::string_view::npos &&
                      hash[3] == '$' && hash[6] == '$';
  if (!shaped) return false;
  const bool cost = hash[4] >= '0' && hash[4] <= '3' && hash[5] >= '0' && hash[5] <= '9';
  return cost && hash.substr(7).find_first_not_of(kAlphabet) == std::string_view::npos;
}

bool matches(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();  // 32 KiB, which wait to be zero
  const char* const computed = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  const bool same = computed != nullptr && equal_in_constant_time(computed, hash);
  ::explicit_bzero(data.get(), sizeof(crypt_data));
  return same;
}

}  // namespace

Result<std::shared_ptr<Passwords>> Passwords::make(std::map<std::string, std::string> hashes) {
  for (const auto& [user, hash] : hashes) {
    if (is_bcrypt(hash)) continue;
    return fail(ErrorCode::Malformed, "basic_auth_users: what " + user +
                                          " has is no bcrypt hash; `htpasswd -nBC 10 " + user +
                                          "` makes one");
  }
  return std::shared_ptr<Passwords>(new Passwords(std::move(hashes)));
}

std::string Passwords::key(const std::string& user, const std::string& password) const {
  const auto hash = hashes_.find(user);
  return sha256(sha256(user) + (hash == hashes_.end() ? kNobody : hash->second) + sha256(password));
}

std::optional<bool> Passwords::remembered(const std::string& user,
                                          const std::string& password) const {
  const std::string wanted = key(user, password);
  const std::lock_guard lock(mutex_);
  const auto found = verdicts_.find(wanted);
  if (found == verdicts_.end()) return std::nullopt;
  return found->second;
}

bool Passwords::check(const std::string& user, const std::string& password) {
  const auto hash = hashes_.find(user);
  const bool known = hash != hashes_.end();
  const bool same = matches(password, known ? hash->second : kNobody);
  const bool good = known && same && password.find('\0') == std::string::npos;
  const std::string kept = key(user, password);
  const std::lock_guard lock(mutex_);
  // Full of wrong guesses, most likely: the right ones are found again.
  if (verdicts_.size() >= kVerdictsMax) {
    std::erase_if(verdicts_, [](const auto& one) { return !one.second; });
    if (verdicts_.size() >= kVerdictsMax) verdicts_.clear();
  }
  verdicts_[kept] = good;
  return good;
}

std::optional<Credentials> basic_credentials(std::string_view authorization) {
  constexpr std::string_view kScheme = "Basic ";
  if (authorization.size() < kScheme.size() ||
      ::strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0) {
    return std::nullopt;
  }
  const auto text = parse_base64(authorization.substr(kScheme.size()));
  if (!text) return std::nullopt;
  const auto colon = text->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{text->substr(0, colon), text->substr(colon + 1)};
}

}  // namespace joist::metrics
