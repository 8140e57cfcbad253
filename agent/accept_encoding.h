// Whether an Accept-Encoding header (RFC 9110, 12.5.3) prefers gzip to none. Pure.
#pragma once

#include <string_view>

namespace joist::agent {

// "gzip;q=0.5, identity" prefers none; "*" and "x-gzip" mean gzip; what does not
// parse is not preferred.
bool prefers_gzip(std::string_view accept_encoding);

}  // namespace joist::agent
