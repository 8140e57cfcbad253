// The installer's authority on disk: authority.pem in the state directory, key
// and certificate in one file, so that no crash can leave one without the other.
// Beside it authority.crt, the certificate alone, for people and their tools.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "pki/authority.h"

namespace joist::installer {

// Reads the authority, or makes one called `name` if there is none and
// `may_make`. Refused: the file can be read by others than its owner, or it is
// missing although the store has nodes whose certificates it signed. Malformed:
// it is not an authority with its key.
Result<pki::Authority> open_authority(const std::string& state_directory, const std::string& name,
                                      bool may_make, WallTime now);

}  // namespace joist::installer
