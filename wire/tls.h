// TLS 1.3 contexts. OpenSSL's and Asio's types stay in tls.cc.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "pki/key.h"

namespace joist::wire {

// What one side proves itself with.
struct TlsIdentity {
  std::string certificate;  // leaf, DER
  pki::Secret key;          // PKCS#8, DER
  std::string authority;    // CA certificate, DER: sent along, so that a pin can be checked
};

// Whether certificate dates are judged. A clock that was never set cannot judge
// them; the pin and the role can be checked all the same.
enum class Dates { Judge, Ignore };

class TlsContext;
using TlsContextPtr = std::shared_ptr<TlsContext>;

// A server that asks for a client certificate and takes none as well; one that
// `identity.authority` did not sign, or that has expired, fails the handshake.
Result<TlsContextPtr> server_context(const TlsIdentity& identity);

// A client that trusts `identity.authority` alone and demands that the server's
// certificate bears the URI `joist://installer` and may serve (EKU serverAuth).
Result<TlsContextPtr> session_context(const TlsIdentity& identity, Dates dates);

// A client without an identity that trusts whatever chain holds a CA
// certificate whose SPKI has the SHA-256 `pin` (32 bytes), and which signed the
// leaf; the same role is demanded; dates are ignored (the clock may be wrong).
Result<TlsContextPtr> pinned_context(std::string pin);

}  // namespace joist::wire
