#include "pki/request.h"

#include "pki/openssl.h"

namespace joist::pki {

Result<std::string> make_request(const Secret& key) {
  const auto pkey = decode_key(key.reveal());
  if (!pkey) return fail(pkey.error(), "make certificate request");
  const RequestPtr request(X509_REQ_new());
  const bool signed_ = request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
                       X509_REQ_set_pubkey(request.get(), pkey->get()) == 1 &&
                       X509_REQ_sign(request.get(), pkey->get(), EVP_sha256()) > 0;
  if (!signed_) return fail_openssl(ErrorCode::Io, "make certificate request");
  std::string der = encode(request.get(), i2d_X509_REQ);
  if (der.empty()) return fail_openssl(ErrorCode::Io, "encode certificate request");
  return der;
}

Result<std::string> verified_public_key(std::string_view request_der) {
  const auto request = decode_request(request_der);
  if (!request) return fail(request.error(), "decode");
  EVP_PKEY* const key = X509_REQ_get0_pubkey(request->get());
  if (key == nullptr) return fail_openssl(ErrorCode::Malformed, "certificate request's key");
  if (auto checked = check_p256(*key); !checked) {
    return fail(checked.error(), "certificate request");
  }
  if (X509_REQ_verify(request->get(), key) != 1) {
    return fail_openssl(ErrorCode::Malformed, "certificate request's signature does not hold");
  }
  return encode(key, i2d_PUBKEY);
}

}  // namespace joist::pki
