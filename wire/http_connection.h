// One connection of an HttpServer, whatever it runs over. For the .cc files of
// wire/ alone.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "wire/asio.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/verb.hpp>

#include "wire/deadline.h"
#include "wire/http.h"
#include "wire/http_server.h"
#include "wire/request_reader.h"
#include "wire/tls_context.h"

namespace joist::wire {

using PlainSocket = asio::generic::stream_protocol::socket;  // TCP or unix

struct FrameRoute {
  HttpServer::FrameGate gate;
  HttpServer::FrameHandler handler;
};

// What the connections of one server share.
struct HttpService {
  HttpLimits limits;
  HttpServer::Handler handler;
  std::map<std::string, FrameRoute> frame_routes;
  HttpCounters counters;
  bool closed = false;

  // Calls the handler; a library that throws past its adapter loses one request.
  Task<Response> answer(Request request, const Peer& peer);
};

inline auto into(boost::system::error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

// Requests until the peer or the server has had enough. `service` outlives it.
Task<void> serve_plain(HttpService& service, PlainSocket& socket, Peer peer);

// Whether the peer said a word in time: nothing is made for one that does not.
Task<bool> hears_from(HttpService& service, asio::ip::tcp::socket& socket, const Peer& peer,
                      std::chrono::steady_clock::time_point until);

// The TLS handshake; notes the certificate that the peer showed. False: it failed.
Task<bool> shake_hands(HttpService& service, TlsStream& stream, Peer& peer,
                       std::chrono::steady_clock::time_point until);

// The same as serve_plain() after the handshake, with WebSocket upgrades.
Task<void> serve_tls(HttpService& service, TlsStream& stream, Peer peer);

// Tells a peer that there is no room for it.
Response no_room();
Task<void> refuse_plain(PlainSocket& socket);
Task<void> refuse_tls(TlsStream& stream);

// Ends sending, and reads a little of what the peer was still sending: a reset
// would take from it the answer that it has not read yet.
template <typename Socket>
Task<void> drain(Socket& socket) {
  constexpr std::chrono::seconds kLinger{1};
  constexpr std::size_t kBytesMax = 64 * 1024;
  boost::system::error_code error;
  socket.shutdown(Socket::shutdown_send, error);
  Deadline deadline(socket);
  deadline.arm(kLinger);
  std::array<char, 4096> unread{};
  std::size_t total = 0;
  while (!error && total < kBytesMax) {
    total += co_await socket.async_read_some(asio::buffer(unread), into(error));
  }
}

inline PlainSocket& lowest(PlainSocket& socket) { return socket; }
inline asio::ip::tcp::socket& lowest(TlsStream& stream) { return stream.next_layer(); }

using ResponseBuffers = std::array<asio::const_buffer, 2>;

// What the kernel takes without anybody waiting, which is most responses.
inline std::size_t send_now(PlainSocket& socket, const ResponseBuffers& buffers) {
  boost::system::error_code error;
  if (!socket.non_blocking()) socket.non_blocking(true, error);
  return error ? 0 : socket.write_some(buffers, error);
}
inline std::size_t send_now(TlsStream& /*encrypts first*/, const ResponseBuffers& /*buffers*/) {
  return 0;
}

// Returns whether it was sent and another request may follow. Disarms `deadline`.
template <typename Stream>
Task<bool> send_response(Stream& stream, Deadline& deadline, const Response& response, bool head,
                         bool keep_alive, std::chrono::seconds write_timeout) {
  const std::string start = head_text(response, keep_alive);
  ResponseBuffers left{asio::buffer(start),
                       head ? asio::const_buffer() : asio::buffer(response.content())};
  std::size_t sent = send_now(stream, left);
  for (asio::const_buffer& buffer : left) {
    const std::size_t size = std::min(sent, buffer.size());
    buffer += size;
    sent -= size;
  }
  if (asio::buffer_size(left) == 0) co_return keep_alive;
  boost::system::error_code error;
  deadline.arm(write_timeout);
  co_await asio::async_write(stream, left, into(error));
  deadline.disarm();
  co_return !error && keep_alive;
}

template <typename Stream>
Task<void> refuse_request(const HttpService& service, Stream& stream, const BadRequest& bad) {
  Response response = text_response(bad.status, bad.text);
  if (bad.status == 405) response.headers.emplace_back("Allow", "GET, HEAD");
  Deadline deadline(lowest(stream));
  const bool sent = co_await send_response(stream, deadline, response, false, false,
                                           service.limits.write_timeout);
  static_cast<void>(sent);  // the connection ends either way
  co_await drain(lowest(stream));
}

// Reads one request. Anything but Complete ends the connection. Disarms `deadline`.
template <typename Stream>
Task<RequestReader::State> read_request(HttpService& service, Stream& stream, Deadline& deadline,
                                        RequestReader& reader, bool first) {
  boost::system::error_code error;
  auto state = first ? RequestReader::State::NeedsMore : reader.next();
  // Idle is not slow: only from its first byte on is a request in a hurry. A
  // new connection that says nothing is slow from the start.
  bool hurried = first || reader.begun();
  deadline.arm(hurried ? service.limits.request_timeout : service.limits.idle_timeout);
  for (;;) {
    if (state == RequestReader::State::AwaitsContinue) {
      constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(stream, asio::buffer(kGoOn), into(error));
      if (error) co_return RequestReader::State::Ended;
    } else if (state != RequestReader::State::NeedsMore) {
      deadline.disarm();
      co_return state;
    }
    const std::size_t got = co_await stream.async_read_some(reader.space(), into(error));
    if (deadline.expired() && hurried) {
      ++service.counters.bad_requests;
      deadline.disarm();
      // A name of its own: gcc 12 destroys a braced temporary of co_await twice.
      const BadRequest slow{408, "the request took too long"};
      co_await refuse_request(service, stream, slow);
      co_return RequestReader::State::Ended;
    }
    if (error) co_return RequestReader::State::Ended;
    state = reader.received(got);
    const bool whole =
        state != RequestReader::State::NeedsMore && state != RequestReader::State::AwaitsContinue;
    if (!hurried && !whole) deadline.arm(service.limits.request_timeout);
    hurried = true;
  }
}

// `take_over`: Task<bool>(RequestReader::Message&), whether the connection is no
// longer HTTP's after this request.
template <typename Stream, typename TakeOver>
Task<void> serve_requests(HttpService& service, Stream& stream, const Peer& peer,
                          TakeOver take_over) {
  RequestReader reader(service.limits);
  Deadline deadline(lowest(stream));
  for (bool first = true; !service.closed; first = false) {
    const auto state = co_await read_request(service, stream, deadline, reader, first);
    if (state == RequestReader::State::Bad) {
      ++service.counters.bad_requests;
      co_await refuse_request(service, stream, reader.bad());
    }
    if (state != RequestReader::State::Complete) co_return;

    ++service.counters.requests;
    auto message = reader.take();
    const bool taken = co_await take_over(message);
    if (taken) co_return;
    const bool keep_alive = message.keep_alive();
    const bool head = message.method() == boost::beast::http::verb::head;
    const Response response = co_await service.answer(to_request(std::move(message)), peer);
    const bool more = co_await send_response(stream, deadline, response, head, keep_alive,
                                             service.limits.write_timeout);
    if (!more) co_return;
  }
}

}  // namespace joist::wire
