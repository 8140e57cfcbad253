// An HTTP/1.1 server with limits, for TCP, TLS and unix sockets.
//
// What a stranger can cost: one of `connections_max` connections (one more is
// answered 503 and closed), `header_bytes_max` + `body_bytes_max` of memory, and
// `request_timeout` of waiting (408). Too large a header is 431, too large a
// body 413, what is not HTTP 400 (nor a request without one Host), a method that
// `read_only` excludes 405; the connection is closed after each.
// HEAD is answered like GET without the body. Keep-alive ends after
// `idle_timeout` without a word.
//
// Over TLS a peer that shows a client certificate is no stranger: it counts
// against its certificate instead of its address, and strangers cannot take more
// than `strangers_max` places for longer than a handshake. One that has not said a
// word costs a socket; what a handshake costs, `handshakes_max` bounds.
//
// Threads: everything on the io_context it was made with.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "wire/asio.h"
#include "wire/frame_socket.h"
#include "wire/http.h"
#include "wire/tls.h"

namespace joist::wire {

struct HttpLimits {
  std::size_t connections_max = 64;

  // Of these, how many one address, or one local user but root, may hold, so
  // that it cannot shut out the others. 0: all.
  std::size_t connections_per_peer_max = 0;

  // TLS alone. How many a certificate may hold, and all that show none. 0: all.
  std::size_t connections_per_certificate_max = 0;
  std::size_t strangers_max = 0;

  // TLS alone. Handshakes under way at once, and of these with one address; more wait.
  // 0: as many as like.
  std::size_t handshakes_max = 64;
  std::size_t handshakes_per_peer_max = 8;
  std::chrono::seconds handshake_timeout{10};  // waiting included

  std::uint32_t header_bytes_max = 8 * 1024;
  std::uint64_t body_bytes_max = std::uint64_t{64} << 10;
  std::chrono::seconds request_timeout{10};  // first byte to the last of a request
  std::chrono::seconds idle_timeout{60};
  std::chrono::seconds write_timeout{30};
  bool read_only = false;  // GET and HEAD alone
};

// Since the start; for the program's own metrics.
struct HttpCounters {
  std::uint64_t connections = 0;   // accepted
  std::uint64_t rejected = 0;      // answered 503, or closed, for want of a place
  std::uint64_t requests = 0;      // handed to the handler
  std::uint64_t bad_requests = 0;  // 400, 405 of read_only, 408, 413, 431
  std::uint64_t tls_failures = 0;  // handshakes that failed, or did not come
  std::size_t open = 0;            // now
};

class HttpServer {
 public:
  using Handler = std::function<Task<Response>(const Request&, const Peer&)>;
  using FrameGate = std::function<Task<std::optional<Response>>(const Peer&)>;
  using FrameHandler = std::function<Task<void>(FrameSocket&, const Peer&)>;

  HttpServer(asio::io_context& io, HttpLimits limits, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Takes WebSocket upgrades of `path` over TLS, unless `gate` answers with a
  // refusal. The connection ends when the handler returns. Call before listening.
  void on_frames(std::string path, FrameGate gate, FrameHandler handler);

  // Each may be called more than once. `address` as FORMAT_LISTEN: "*:7444"
  // listens on IPv6 and IPv4. Errors name the address and what holds it back.
  Result<void> listen(std::string_view address);
  Result<void> listen_tls(std::string_view address, TlsContextPtr context);

  // Listens there instead of where it did without TLS, also where the two overlap
  // ("*:7444", "127.0.0.1:7444"). What is open stays. On error all is as before.
  Result<void> move_to(std::string_view address);

  // From now on; what is open stays.
  void set_connections_max(std::size_t connections_max, std::size_t per_peer_max);

  // Replaces a socket left behind by a process that is gone; refuses to take
  // over from one that answers. The file gets `mode`, and goes with the server.
  Result<void> listen_unix(const std::string& path, unsigned mode);

  // Makes those again that somebody removed, or replaced by one that nobody answers at; names
  // them. What is connected stays.
  Result<std::vector<std::string>> mend_unix();

  // A listening stream socket that systemd handed over; of TCP with TLS if there is a context.
  Result<void> listen_descriptor(UniqueFd fd, TlsContextPtr context = nullptr);

  // "127.0.0.1:40123" of the first TCP or TLS listener; for port 0.
  std::string address() const;

  // From now on handshakes use `context` (renewed certificate).
  void replace_tls(TlsContextPtr context);

  // Called before each handshake: the moment to look whether the certificate was renewed.
  void before_handshakes(std::function<void()> call);

  const HttpCounters& counters() const;

  // Stops listening and ends every connection.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace joist::wire
