#include "pki/openssl.h"

#include <openssl/err.h>
#include <openssl/obj_mac.h>

namespace joist::pki {
namespace {

// A bound before libcrypto sees it: none of ours is larger than 2 KiB.
constexpr std::size_t kDerBytesMax = 64 * 1024;

template <typename Ptr, typename Decoder>
Result<Ptr> decode(std::string_view der, Decoder d2i, std::string_view what) {
  if (der.empty() || der.size() > kDerBytesMax) {
    return fail(ErrorCode::Malformed, std::string(what) + ": " + std::to_string(der.size()) +
                                          " bytes, expected 1 to 65536");
  }
  const auto* const start = reinterpret_cast<const unsigned char*>(der.data());
  const auto* next = start;
  Ptr object(d2i(nullptr, &next, static_cast<long>(der.size())));
  if (!object) return fail_openssl(ErrorCode::Malformed, what);
  if (next != start + der.size()) {
    return fail(ErrorCode::Malformed, std::string(what) + ": bytes after its end");
  }
  return object;
}

}  // namespace

tl::unexpected<Error> fail_openssl(ErrorCode code, std::string_view what) {
  std::string message(what);
  for (int shown = 0; const auto error = ERR_get_error(); ++shown) {
    const char* reason = ERR_reason_error_string(error);
    if (shown < 3 && reason != nullptr) message += std::string(": ") + reason;
  }
  return fail(code, std::move(message));
}

Result<CertificatePtr> decode_certificate(std::string_view der) {
  return decode<CertificatePtr>(der, d2i_X509, "certificate (X.509, DER)");
}

Result<RequestPtr> decode_request(std::string_view der) {
  return decode<RequestPtr>(der, d2i_X509_REQ, "certificate request (PKCS#10, DER)");
}

Result<PkeyPtr> decode_key(std::string_view pkcs8_der) {
  auto info = decode<Pkcs8Ptr>(pkcs8_der, d2i_PKCS8_PRIV_KEY_INFO, "private key (PKCS#8, DER)");
  if (!info) return fail(std::move(info.error()), "decode");
  PkeyPtr key(EVP_PKCS82PKEY(info->get()));
  if (!key) return fail_openssl(ErrorCode::Malformed, "private key");
  return key;
}

Result<void> check_p256(const EVP_PKEY& key) {
  char group[32] = {};
  std::size_t size = 0;
  const bool named = EVP_PKEY_is_a(&key, "EC") == 1 &&
                     EVP_PKEY_get_group_name(&key, group, sizeof group, &size) == 1;
  if (!named || std::string_view(group, size) != SN_X9_62_prime256v1) {
    return fail(ErrorCode::Malformed, "key is not on the curve P-256");
  }
  return {};
}

}  // namespace joist::pki
