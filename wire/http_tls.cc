#include <exception>
#include <optional>
#include <utility>

#include "wire/asio.h"

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "base/log.h"
#include "wire/http_connection.h"
#include "wire/web_socket.h"

namespace joist::wire {
namespace {

Task<void> upgrade(const HttpService& service, TlsStream& stream, RequestReader::Message request,
                   const Peer& peer, const HttpServer::FrameHandler& frames) {
  namespace websocket = boost::beast::websocket;
  websocket::stream<TlsStream&> upgraded(stream);
  boost::system::error_code error;
  {
    Deadline deadline(stream.next_layer());
    deadline.arm(service.limits.request_timeout);
    co_await upgraded.async_accept(request, into(error));
  }
  if (error) co_return;
  WebSocket<websocket::stream<TlsStream&>> socket(std::move(upgraded));
  std::string failure;
  try {
    co_await frames(socket, peer);
  } catch (const std::exception& caught) {
    failure = caught.what();
  }
  if (!failure.empty()) {
    log(Priority::Error, "session failed", {{"peer", peer.address}, {"error", failure}});
  }
  socket.close();
  co_await socket.farewell_over();
}

// Whether `message` asked for a WebSocket: it has been served, or refused.
Task<bool> take_upgrade(HttpService& service, TlsStream& stream, RequestReader::Message& message,
                        const Peer& peer) {
  const auto route = service.frame_routes.find(path_of(message));
  if (route == service.frame_routes.end() || !boost::beast::websocket::is_upgrade(message)) {
    co_return false;
  }
  const std::optional<Response> refusal = co_await route->second.gate(peer);
  if (!refusal) {
    co_await upgrade(service, stream, std::move(message), peer, route->second.handler);
    co_return true;
  }
  Deadline deadline(stream.next_layer());
  const bool sent = co_await send_response(stream, deadline, *refusal, false, false,
                                           service.limits.write_timeout);
  static_cast<void>(sent);  // the connection ends either way
  co_return true;
}

}  // namespace

Task<bool> hears_from(HttpService& service, asio::ip::tcp::socket& socket, const Peer& peer,
                      std::chrono::steady_clock::time_point until) {
  boost::system::error_code error;
  Deadline deadline(socket);
  deadline.arm(until - std::chrono::steady_clock::now());
  co_await socket.async_wait(asio::ip::tcp::socket::wait_read, into(error));
  if (!error) co_return true;
  ++service.counters.tls_failures;
  log(Priority::Debug, "no TLS handshake came", {{"peer", peer.address}});
  co_return false;
}

Task<bool> shake_hands(HttpService& service, TlsStream& stream, Peer& peer,
                       std::chrono::steady_clock::time_point until) {
  boost::system::error_code error;
  Deadline deadline(stream.next_layer());
  deadline.arm(until - std::chrono::steady_clock::now());
  co_await stream.async_handshake(asio::ssl::stream_base::server, into(error));
  if (!error) {
    peer.certificate = peer_certificate(stream.native_handle());
    co_return true;
  }
  ++service.counters.tls_failures;
  log(Priority::Debug, "TLS handshake failed",
      {{"peer", peer.address}, {"error", error.message()}});
  co_return false;
}

Task<void> refuse_tls(TlsStream& stream) {
  const Response response = no_room();
  Deadline deadline(stream.next_layer());
  const bool sent =
      co_await send_response(stream, deadline, response, false, false, std::chrono::seconds(1));
  static_cast<void>(sent);  // the connection ends either way
  co_await drain(lowest(stream));
}

Task<void> serve_tls(HttpService& service, TlsStream& stream, Peer peer) {
  const auto upgrades = [&](RequestReader::Message& message) -> Task<bool> {
    return take_upgrade(service, stream, message, peer);
  };
  co_await serve_requests(service, stream, peer, upgrades);
}

}  // namespace joist::wire
