#include "helper/apply/consent_store.h"

#include <unistd.h>

#include <cerrno>

#include "base/checked_file.h"
#include "base/sha256.h"
#include "base/wall_time.h"
#include "helper/apply/consent_signature.h"

namespace joist::apply {
namespace {

constexpr std::string_view kKind = "joist-consent-1";
constexpr std::string_view kUsedKind = "joist-used-consent-1";
constexpr std::size_t kBytesMax = 4096;

std::string short_digest(const std::string& digest) { return to_hex(digest).substr(0, 8); }

}  // namespace

std::string ConsentStore::path(const std::string& digest) const {
  return directory_ + "/" + to_hex(digest);
}

Result<void> ConsentStore::keep(const v1::Consent& consent) const {
  return write_checked(path(consent.digest()), kKind, consent.SerializeAsString(), 0600);
}

Result<v1::Consent> ConsentStore::find(const std::string& digest, WallTime now) const {
  const auto bytes = read_checked(path(digest), kKind, kBytesMax);
  if (!bytes && bytes.error().code == ErrorCode::NotFound) {
    return fail(ErrorCode::NotFound, "nobody has consented to plan " + short_digest(digest) +
                                         "; look at it and consent: joistctl disk approve");
  }
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  v1::Consent consent;
  if (!consent.ParseFromString(*bytes) || consent.digest() != digest) {
    return fail(ErrorCode::Malformed, path(digest) + ": not a consent to this plan");
  }
  const std::int64_t seconds = to_timestamp(now).seconds();
  if (consent.given_time().seconds() > seconds + kClockSeconds) {
    return fail(ErrorCode::NotFound, "the consent to plan " + short_digest(digest) +
                                         " was given in the future: the clock went back; consent "
                                         "again: joistctl disk approve");
  }
  if (seconds >= consent.expire_time().seconds()) {
    return fail(ErrorCode::NotFound, "the consent to plan " + short_digest(digest) +
                                         " has expired; consent again: joistctl disk approve");
  }
  return consent;
}

std::string ConsentStore::used_path(const v1::Consent& consent) const {
  return directory_ + "/used-" + to_hex(signed_bytes(consent));
}

Result<void> ConsentStore::use_up(const v1::Consent& consent) const {
  if (!consent.signature().empty()) {
    return write_checked(used_path(consent), kUsedKind, consent.SerializeAsString(), 0600);
  }
  if (::unlink(path(consent.digest()).c_str()) == 0 || errno == ENOENT) return {};
  return fail_errno(errno, "remove " + path(consent.digest()));
}

bool ConsentStore::was_used(const v1::Consent& consent) const {
  const auto used = read_checked(used_path(consent), kUsedKind, kBytesMax);
  return used || used.error().code != ErrorCode::NotFound;
}

}  // namespace joist::apply
