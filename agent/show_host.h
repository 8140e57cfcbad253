// A host as it is shown: in reports, at enrolment. Pure.
#pragma once

#include <vector>

#include "host/facts.h"
#include "joist/v1/host.pb.h"
#include "joist/v1/spec.pb.h"
#include "network/links.h"

namespace joist::agent {

// Text is made printable.
v1::Host show_host(const v1::NodeSpec& spec, const host::Facts& facts,
                   const std::vector<network::Link>& links);

// NodeSpec.name, or the kernel's host name.
const std::string& node_name(const v1::NodeSpec& spec, const host::Facts& facts);

}  // namespace joist::agent
