#include "pki/key.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <utility>

#include "base/sha256.h"
#include "pki/openssl.h"

namespace joist::pki {
namespace {

constexpr std::size_t kPemBytesMax = 64 * 1024;

Result<Secret> to_pkcs8(const EVP_PKEY& key) {
  const Pkcs8Ptr info(EVP_PKEY2PKCS8(&key));
  std::string der = info ? encode(info.get(), i2d_PKCS8_PRIV_KEY_INFO) : std::string();
  if (der.empty()) return fail_openssl(ErrorCode::Io, "encode private key");
  return Secret(std::move(der));
}

// PEM keys that are encrypted must not make libcrypto ask on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

Secret::Secret(Secret&& other) noexcept {
  // A short string lives inside the object: moving would leave a copy behind.
  bytes_ = other.bytes_;
  OPENSSL_cleanse(other.bytes_.data(), other.bytes_.size());
  other.bytes_.clear();
}

Secret& Secret::operator=(const Secret& other) { return *this = Secret(other); }

Secret& Secret::operator=(Secret&& other) noexcept {
  Secret taken(std::move(other));  // and what was here is wiped with it
  bytes_.swap(taken.bytes_);
  return *this;
}

Secret::~Secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

Result<Secret> make_key() {
  const PkeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return fail_openssl(ErrorCode::Io, "make P-256 key");
  return to_pkcs8(*key);
}

Result<Secret> key_to_pem(const Secret& der) {
  const auto key = decode_key(der.reveal());
  if (!key) return fail(key.error(), "key to PEM");
  const BioPtr out(BIO_new(BIO_s_secmem()));
  if (!out || PEM_write_bio_PKCS8PrivateKey(out.get(), key->get(), nullptr, nullptr, 0, nullptr,
                                            nullptr) != 1) {
    return fail_openssl(ErrorCode::Io, "key to PEM");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return Secret(std::string(text, static_cast<std::size_t>(size)));
}

Result<Secret> key_from_pem(std::string_view pem) {
  if (pem.size() > kPemBytesMax) return fail(ErrorCode::Malformed, "PEM larger than 64 KiB");
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!in) return fail_openssl(ErrorCode::Io, "read PEM");
  const PkeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr));
  if (!key) return fail_openssl(ErrorCode::Malformed, "no private key in PEM");
  const PkeyPtr another(PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr));
  if (another) return fail(ErrorCode::Malformed, "more than one private key in PEM");
  ERR_clear_error();  // that there is none
  if (auto checked = check_p256(*key); !checked) return fail(checked.error(), "private key");
  return to_pkcs8(*key);
}

Result<std::string> key_spki_sha256(const Secret& der) {
  const auto key = decode_key(der.reveal());
  if (!key) return fail(key.error(), "public half of key");
  const std::string spki = encode(key->get(), i2d_PUBKEY);
  if (spki.empty()) return fail_openssl(ErrorCode::Io, "public half of key");
  return sha256(spki);
}

Result<std::string> random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(bytes.data());
  if (RAND_bytes(out, static_cast<int>(count)) != 1) {
    return fail_openssl(ErrorCode::Io, "random bytes");
  }
  return bytes;
}

}  // namespace joist::pki
