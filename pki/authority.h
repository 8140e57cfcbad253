// The installer's certificate authority: who may issue, and what is issued.
// Everything else about a certificate is the issuer's word, never the request's.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "pki/key.h"

namespace joist::pki {

struct Authority {
  std::string certificate;  // X.509, DER
  Secret key;               // PKCS#8, DER
};

// From when a certificate counts: a host's clock may be this far behind.
inline constexpr std::chrono::hours kBackdated{1};

// A new key and its self-signed certificate: CA:TRUE, pathlen 0, keyCertSign,
// with `name` as common name (cut at 64 characters, RFC 5280's bound).
Result<Authority> make_authority(std::string_view name, WallTime now, std::chrono::seconds life);

// Malformed unless the certificate is an authority's and the key is its key.
Result<void> check_authority(const Authority& authority);

// What a certificate says of its holder.
struct Holder {
  std::string common_name;  // cut at 64 characters
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;  // textual IPv4 and IPv6
  bool serves = false;                 // extended key usage serverAuth, else clientAuth
};

// joist://installer, with the names and addresses a browser or curl would ask
// for; each of `names` is put where it belongs by its shape.
Holder installer_holder(std::string_view name, const std::vector<std::string>& names);

// joist://node/<uid>.
Holder node_holder(std::string_view uid, std::string_view name);

// A leaf for the key of `request` (DER, PKCS#10), whose subject and extensions
// are ignored. Random serial of 128 bits; ends no later than the authority.
// Malformed if the request's signature or kind of key is wrong. DER.
Result<std::string> issue(const Authority& authority, std::string_view request,
                          const Holder& holder, WallTime now, std::chrono::seconds life);

}  // namespace joist::pki
