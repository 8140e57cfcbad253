// The calling side of wire/rpc.h.
#pragma once

#include <chrono>
#include <string>

#include <google/protobuf/message.h>

#include "base/result.h"
#include "wire/asio.h"
#include "wire/http_client.h"
#include "wire/tls.h"

namespace joist::wire {

// Calls `method` ("joist.v1.Enrolment/Enroll") over TLS and parses the answer
// into `response`. A Problem comes back as the error it was made from.
Task<Result<void>> call_tls(const std::string& endpoint, TlsContextPtr context,
                            const std::string& method, const google::protobuf::Message& request,
                            google::protobuf::Message& response);

// The same over a unix socket, blocking, for programs without a loop. `timeout` is for all of it.
Result<void> call_unix(const std::string& path, const std::string& method,
                       const google::protobuf::Message& request,
                       google::protobuf::Message& response,
                       std::chrono::seconds timeout = std::chrono::seconds{15});

}  // namespace joist::wire
