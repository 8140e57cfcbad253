#include "helper/apply/consent_signature.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "base/wall_time.h"
#include "disk/fingerprint.h"

namespace joist::apply {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

Result<std::unique_ptr<EVP_PKEY, Free>> parse_key(std::string_view pem) {
  const std::unique_ptr<BIO, Free> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::unique_ptr<EVP_PKEY, Free> key(PEM_read_bio_PUBKEY(source.get(), nullptr, nullptr, nullptr));
  if (key == nullptr || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519) {
    return fail(ErrorCode::Malformed, "not an Ed25519 public key in PEM");
  }
  return key;
}

bool verifies(EVP_PKEY* key, const std::string& signature, const std::string& message) {
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message),
                          message.size()) == 1;
}

std::uint64_t seconds_of(const google::protobuf::Timestamp& time) {
  return static_cast<std::uint64_t>(time.seconds());
}

}  // namespace

std::string signed_bytes(const v1::Consent& consent) {
  return disk::Digest("joist-consent-1")
      .add(consent.digest())
      .add(consent.given_by())
      .add(seconds_of(consent.given_time()))
      .add(seconds_of(consent.expire_time()))
      .finish();
}

Result<void> check_signed(const v1::Consent& consent, const std::string& plan_digest,
                          std::string_view public_key_pem, WallTime now) {
  const auto key = parse_key(public_key_pem);
  if (!key) return tl::unexpected<Error>(key.error());
  if (!verifies(key->get(), consent.signature(), signed_bytes(consent))) {
    return fail(ErrorCode::Refused, "the consent is not signed by this key");
  }
  if (consent.digest() != plan_digest) {
    return fail(ErrorCode::Refused, "the consent is to another plan");
  }
  const std::int64_t seconds = to_timestamp(now).seconds();
  if (consent.given_time().seconds() > seconds + kClockSeconds) {
    return fail(ErrorCode::Refused, "the consent was given in the future; are the clocks right?");
  }
  if (consent.expire_time().seconds() <= seconds) {
    return fail(ErrorCode::Refused, "the consent has expired");
  }
  return {};
}

}  // namespace joist::apply
