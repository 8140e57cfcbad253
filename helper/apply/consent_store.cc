#include "helper/apply/consent_store.h"

#include <unistd.h>

#include <cerrno>

#include "base/checked_file.h"
#include "base/sha256.h"
#include "base/wall_time.h"

namespace joist::apply {
namespace {

constexpr std::string_view kKind = "joist-consent-1";
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
  const auto seconds = google::protobuf::util::TimeUtil::TimestampToSeconds(consent.expire_time());
  if (to_timestamp(now).seconds() >= seconds) {
    return fail(ErrorCode::NotFound, "the consent to plan " + short_digest(digest) +
                                         " has expired; consent again: joistctl disk approve");
  }
  return consent;
}

Result<void> ConsentStore::use_up(const std::string& digest) const {
  if (::unlink(path(digest).c_str()) == 0 || errno == ENOENT) return {};
  return fail_errno(errno, "remove " + path(digest));
}

}  // namespace joist::apply
