// What the agent may ask of the helper. All the parsing that is done as root.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "joist/v1/helper.pb.h"

namespace joist::helper {

// One datagram. Malformed for whatever is not exactly one request whose fields
// keep their rules (joist/v1/helper.proto) and whose disk name is one. Pure.
Result<v1::HelperRequest> parse_request(std::string_view datagram);

// The disk that a request is about.
const std::string& disk_of(const v1::HelperRequest& request);

// Whether `name` can be a name in /sys/block: letters, digits and "!._-:", no
// path in it and none that goes up.
bool is_disk_name(std::string_view name);

}  // namespace joist::helper
