// Who this host is to its installer: key, certificate, the installer's authority
// and where it is reached. One file, so that a power cut leaves all of the old or
// all of the new:
//
//   STATE_DIR/identity/node.pem (0600): a line "Installer: host:port", one "Joined:
//   2026-05-01T10:00:00Z", the key (PKCS#8), the node's certificate, the authority's
//
// Threads: any; loading and saving block on a small file. One writer at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "pki/key.h"

namespace joist::agent {

struct Identity {
  std::string endpoint;               // "host:port" named when the host joined
  pki::Secret key;                    // PKCS#8, DER
  std::string certificate;            // DER
  std::string authority;              // DER
  std::optional<WallTime> join_time;  // by this host's clock; none: of an older agent's making

  // Read from the certificate.
  std::string node_uid;
  std::string node_name;  // what the host joined as
  WallTime not_before;
  WallTime not_after;
};

// From its parts. Malformed, saying which, unless the certificate is a node's,
// for this key, and the authority is one.
Result<Identity> make_identity(std::string endpoint, pki::Secret key, std::string certificate,
                               std::string authority);

// The file's text, and back.
Result<pki::Secret> identity_to_text(const Identity& identity);
Result<Identity> identity_from_text(std::string_view text);

class IdentityStore {
 public:
  explicit IdentityStore(std::string state_dir) : directory_(std::move(state_dir) + "/identity") {}

  // nullopt: this host has not joined. Refused if others may read the file.
  Result<std::optional<Identity>> load() const;

  // Whether save() has a place to write to, tried by writing there.
  Result<void> check_writable() const;

  Result<void> save(const Identity& identity) const;

 private:
  Result<void> make_directory() const;

  std::string directory_;
};

// When to renew: at 50 to 70 % of the certificate's life, `jitter` (0 to 1) of
// the way between, so that hosts that joined together do not renew together.
WallTime renewal_time(WallTime not_before, WallTime not_after, double jitter);

}  // namespace joist::agent
