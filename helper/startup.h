// What joist-helper and joist-apply have in common when they start.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace joist::helper {

// A whole number of an option's, from min to max; Malformed names the option.
Result<long> parse_number(std::string_view option, std::string_view text, long min, long max);

// The user that is served besides root: a name of this host, or a number.
Result<uid_t> find_user(const std::string& user);

// The socket to listen on: systemd's (sd_listen_fds(3)) where `path` is empty, else one made there,
// for root and that user alone, which the caller removes. `unit`: the one whose socket is missing.
Result<UniqueFd> take_listener(const std::string& path, uid_t agent_uid, const std::string& unit);

}  // namespace joist::helper
