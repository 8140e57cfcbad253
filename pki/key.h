// Private keys: P-256, as PKCS#8. The only ones Joist makes or takes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace joist::pki {

// Bytes that are overwritten when they go, and that no log takes by accident.
// Copies made of reveal() are the copier's to wipe.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret& other) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  const std::string& reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string bytes_;
};

// A new P-256 key: PKCS#8, DER.
Result<Secret> make_key();

// "-----BEGIN PRIVATE KEY-----", and back. Malformed unless there is exactly one
// unencrypted P-256 key in it; text around it is passed over.
Result<Secret> key_to_pem(const Secret& der);
Result<Secret> key_from_pem(std::string_view pem);

// SHA-256 of the key's public half (SubjectPublicKeyInfo): 32 bytes, the same
// as Certificate::spki_sha256 of a certificate for it.
Result<std::string> key_spki_sha256(const Secret& der);

// `count` bytes from the kernel's generator, through libcrypto's.
Result<std::string> random_bytes(std::size_t count);

}  // namespace joist::pki
