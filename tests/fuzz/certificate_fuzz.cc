// Any bytes for a certificate, a request or PEM: what the peers of TLS and the
// callers of Enroll may send.
#include <cstdint>
#include <string_view>

#include "pki/certificate.h"
#include "pki/key.h"
#include "pki/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto certificate = joist::pki::parse_certificate(bytes);
  if (certificate) static_cast<void>(joist::pki::node_uid(*certificate));
  static_cast<void>(joist::pki::verified_public_key(bytes));
  static_cast<void>(joist::pki::certificate_from_pem(bytes));
  static_cast<void>(joist::pki::key_from_pem(bytes));
  return 0;
}
