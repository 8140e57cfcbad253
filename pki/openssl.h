// Owners for libcrypto's objects, and its errors as values. Included by the .cc
// files of pki/ (and wire/tls.cc) alone: nothing else sees libcrypto's types.
#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace joist::pki {

template <auto free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using BnPtr = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freed<PKCS8_PRIV_KEY_INFO_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;

// The error of a libcrypto call that failed, its queue drained into the text.
tl::unexpected<Error> fail_openssl(ErrorCode code, std::string_view what);

// Exactly one object, to the last byte; Malformed otherwise.
Result<CertificatePtr> decode_certificate(std::string_view der);
Result<RequestPtr> decode_request(std::string_view der);
Result<PkeyPtr> decode_key(std::string_view pkcs8_der);

// Malformed unless `key` is on the named curve P-256: the one kind Joist takes.
Result<void> check_p256(const EVP_PKEY& key);

// DER of `object` by one of libcrypto's i2d_* functions; empty if that fails.
template <typename T, typename Encoder>
std::string encode(const T* object, Encoder i2d) {
  const int size = i2d(object, nullptr);
  if (size <= 0) return {};
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  return i2d(object, &out) == size ? der : std::string();
}

}  // namespace joist::pki
