// Becoming and remaining a node: the calls of joist.v1.Enrolment.
// Threads: the io_context of the calling task. The key is made here and never
// leaves the host.
#pragma once

#include <string>
#include <string_view>

#include "agent/identity.h"
#include "base/clock.h"
#include "joist/v1/host.pb.h"
#include "wire/asio.h"
#include "wire/tls.h"

namespace joist::agent {

// Takes the token once. Trust rests on the token's pin, so that a wrong clock
// does not matter. Malformed: the token or the answer makes no sense.
// Unauthenticated: whoever answers is not the installer the token is from, or
// the token is not taken. Unavailable: nobody answers.
wire::Task<Result<Identity>> enrol(std::string endpoint, std::string token, v1::Host host,
                                   WallTime now);

// A new key and certificate for the same node, from the installer at `endpoint`.
wire::Task<Result<Identity>> renew(const Identity& identity, std::string endpoint,
                                   wire::TlsContextPtr context);

}  // namespace joist::agent
