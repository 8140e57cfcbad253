// One request, or one WebSocket, to an HTTP server over TLS or a unix socket.
// Threads: the io_context of the calling task.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "wire/asio.h"
#include "wire/frame_socket.h"
#include "wire/http.h"
#include "wire/tls.h"

namespace joist::wire {

struct ClientLimits {
  std::chrono::seconds timeout{15};  // for all of it
  std::uint64_t body_bytes_max = std::uint64_t{16} << 20;
};

// The whole exchange: resolve, connect, TLS, request, response. Unavailable if
// the other side is not there or too slow, Unauthenticated if its certificate
// is not the one wanted (the message says why), Malformed if it is not HTTP.
Task<Result<Response>> request_tls(std::string endpoint, TlsContextPtr context, Request request,
                                   ClientLimits limits = {});

Task<Result<Response>> request_unix(std::string path, Request request, ClientLimits limits = {});

// Opens wss://endpoint/path. `timeout` covers everything up to the upgrade. A
// server's refusal (401, 403, 503) is the error, with the body's first line.
Task<Result<std::unique_ptr<FrameSocket>>> connect_frames(std::string endpoint,
                                                          TlsContextPtr context, std::string path,
                                                          std::chrono::seconds timeout);

}  // namespace joist::wire
