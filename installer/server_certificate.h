// The certificate that agents, browsers and curl are shown. It lives in memory
// alone: hosts pin the authority, so a new one at each start costs nothing.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "pki/authority.h"
#include "wire/tls.h"

namespace joist::installer {

// The names and addresses this installer may be called by: the host's name, its
// addresses other than link-local ones, localhost, and `configured`. Sorted.
std::vector<std::string> server_names(const std::vector<std::string>& configured);

class ServerCertificate {
 public:
  // `authority` must outlive this.
  ServerCertificate(const pki::Authority& authority, std::string name)
      : authority_(authority), name_(std::move(name)) {}

  // A context with a new key and certificate, if there is none yet, two thirds
  // of its life are over, the clock was set back before its time, or the names
  // changed; null if the present one will do.
  Result<wire::TlsContextPtr> renew(const std::vector<std::string>& names, WallTime now);

  WallTime expire_time() const { return expire_time_; }

  static constexpr std::chrono::hours kLife{24 * 90};

 private:
  const pki::Authority& authority_;
  std::string name_;
  std::vector<std::string> names_;
  WallTime issue_time_;
  WallTime expire_time_;
};

}  // namespace joist::installer
