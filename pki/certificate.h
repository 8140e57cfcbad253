// What Joist reads from an X.509 certificate (RFC 5280). Reading is not
// trusting: chains are judged by TLS (wire/tls.h), identities by the installer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace joist::pki {

struct Certificate {
  std::string common_name;             // first CN of the subject; empty: none
  std::vector<std::string> uris;       // subjectAltName URIs: "joist://node/<uid>"
  std::vector<std::string> dns_names;  // subjectAltName
  std::vector<std::string> addresses;  // subjectAltName, "192.0.2.1" or "2001:db8::1"
  std::string serial;                  // hex, lower case, even number of digits
  WallTime not_before;
  WallTime not_after;
  std::string spki_sha256;    // of SubjectPublicKeyInfo, 32 bytes
  bool is_authority = false;  // basicConstraints CA:TRUE
  bool may_serve = false;     // extended key usage serverAuth is named
  bool may_call = false;      // extended key usage clientAuth is named
};

// Malformed if it is not exactly one certificate, or names hold NUL bytes.
Result<Certificate> parse_certificate(std::string_view der);

// "-----BEGIN CERTIFICATE-----", and back: the first certificate of a PEM text.
std::string certificate_to_pem(std::string_view der);
Result<std::string> certificate_from_pem(std::string_view pem);

// The <uid> of the certificate's one URI "joist://node/<uid>"; nothing if there
// is none, or more than one URI.
std::optional<std::string> node_uid(const Certificate& certificate);

inline constexpr std::string_view kNodeUri = "joist://node/";
inline constexpr std::string_view kInstallerUri = "joist://installer";

}  // namespace joist::pki
