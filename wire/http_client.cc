#include "wire/http_client.h"

#include <utility>

#include "wire/asio.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "wire/deadline.h"
#include "wire/resolver.h"
#include "wire/tls_context.h"
#include "wire/web_socket.h"

namespace joist::wire {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Local = asio::local::stream_protocol;

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

tl::unexpected<Error> fail_network(const Deadline& deadline, const error_code& error,
                                   const std::string& what) {
  return fail(ErrorCode::Unavailable,
              what + ": " + (deadline.expired() ? "timed out" : error.message()));
}

// Addresses of `endpoint`. A numeric one needs no resolver.
Task<Result<std::vector<Tcp::endpoint>>> addresses_of(const std::string& endpoint,
                                                      std::chrono::seconds timeout) {
  const auto parts = split_host_port(endpoint);
  if (!parts || parts->host.empty()) {
    co_return fail(ErrorCode::Malformed, "\"" + endpoint + "\": expected host:port");
  }
  error_code error;
  const auto numeric = asio::ip::make_address(parts->host, error);
  if (!error) {
    const auto port = static_cast<unsigned short>(std::stoi(parts->port));
    co_return std::vector<Tcp::endpoint>{Tcp::endpoint(numeric, port)};
  }
  const std::chrono::milliseconds limit = timeout;
  co_return co_await resolve(parts->host, parts->port, limit);
}

// Connects and shakes hands; what comes back may be trusted as `context` says.
Task<Result<void>> connect_tls(TlsStream& stream, const std::string& endpoint, Deadline& deadline,
                               std::chrono::seconds timeout) {
  const auto endpoints = co_await addresses_of(endpoint, timeout);
  if (!endpoints) co_return tl::unexpected<Error>(endpoints.error());
  // The deadline cancels only what is pending: a slow name server used it up.
  error_code error = asio::error::timed_out;
  if (deadline.expired()) co_return fail_network(deadline, error, "resolve " + endpoint);
  // Not asio::async_connect(): it goes on with the next address after a cancel.
  for (const Tcp::endpoint& candidate : *endpoints) {
    stream.next_layer().close(error);
    error.clear();
    co_await stream.next_layer().async_connect(candidate, into(error));
    if (!error || deadline.expired()) break;
  }
  if (error || deadline.expired())
    co_return fail_network(deadline, error, "connect to " + endpoint);
  stream.next_layer().set_option(Tcp::no_delay(true), error);
  error.clear();
  co_await stream.async_handshake(asio::ssl::stream_base::client, into(error));
  if (deadline.expired()) co_return fail_network(deadline, error, "TLS with " + endpoint);
  if (error) {
    co_return tl::unexpected<Error>(handshake_error(stream.native_handle(), error, endpoint));
  }
  co_return check_installer_role(stream.native_handle());
}

http::request<http::string_body> to_message(Request&& request, std::string_view host) {
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.query.empty() ? request.path : request.path + "?" + request.query);
  message.set(http::field::host, boost::beast::string_view(host.data(), host.size()));
  message.set(http::field::user_agent, "joist");
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.keep_alive(false);
  message.body() = std::move(request.body);
  message.prepare_payload();
  return message;
}

Response to_response(http::response<http::string_body>&& message) {
  Response response;
  response.status = message.result_int();
  response.content_type = std::string(message[http::field::content_type]);
  for (const auto& field : message) {
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  response.body = std::move(message.body());
  return response;
}

// `peer`: what errors call the other side; `host`: what the request does.
template <typename Stream>
Task<Result<Response>> exchange(Stream& stream, Deadline& deadline, Request request,
                                const std::string& peer, std::string_view host,
                                std::uint64_t body_bytes_max) {
  error_code error;
  auto message = to_message(std::move(request), host);
  co_await http::async_write(stream, message, into(error));
  if (error) co_return fail_network(deadline, error, "send to " + peer);

  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(body_bytes_max);
  co_await http::async_read(stream, buffer, parser, into(error));
  if (error && error.category() == make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message) {
    co_return fail(ErrorCode::Malformed, "answer of " + peer + ": " + error.message());
  }
  if (error) co_return fail_network(deadline, error, "answer of " + peer);
  co_return to_response(parser.release());
}

}  // namespace

Task<Result<Response>> request_tls(std::string endpoint, TlsContextPtr context, Request request,
                                   ClientLimits limits) {
  TlsStream stream(co_await asio::this_coro::executor, context->context);
  Deadline deadline(stream.next_layer());
  deadline.arm(limits.timeout);
  const auto connected = co_await connect_tls(stream, endpoint, deadline, limits.timeout);
  if (!connected) co_return tl::unexpected<Error>(connected.error());
  co_return co_await exchange(stream, deadline, std::move(request), endpoint, endpoint,
                              limits.body_bytes_max);
}

Task<Result<Response>> request_unix(std::string path, Request request, ClientLimits limits) {
  Local::socket socket(co_await asio::this_coro::executor);
  Deadline deadline(socket);
  deadline.arm(limits.timeout);
  error_code error;
  if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    co_return fail(ErrorCode::Malformed, path + ": too long for a socket's path");
  }
  co_await socket.async_connect(Local::endpoint(path), into(error));
  if (error == asio::error::access_denied) {
    co_return fail(ErrorCode::Refused, "connect to " + path + ": " + error.message());
  }
  if (error) co_return fail_network(deadline, error, "connect to " + path);
  co_return co_await exchange(socket, deadline, std::move(request), path, "localhost",
                              limits.body_bytes_max);
}

Task<Result<std::unique_ptr<FrameSocket>>> connect_frames(std::string endpoint,
                                                          TlsContextPtr context, std::string path,
                                                          std::chrono::seconds timeout) {
  namespace websocket = boost::beast::websocket;
  websocket::stream<TlsStream> stream(co_await asio::this_coro::executor, context->context);
  Deadline deadline(stream.next_layer().next_layer());
  deadline.arm(timeout);
  const auto connected = co_await connect_tls(stream.next_layer(), endpoint, deadline, timeout);
  if (!connected) co_return tl::unexpected<Error>(connected.error());

  error_code error;
  websocket::response_type answer;
  co_await stream.async_handshake(answer, endpoint, path, into(error));
  deadline.disarm();
  if (error == websocket::error::upgrade_declined) {
    const unsigned status = answer.result_int();
    const auto code =
        status == 401 || status == 403 ? ErrorCode::Unauthenticated : ErrorCode::Unavailable;
    std::string said = answer.body().substr(0, answer.body().find('\n'));
    co_return fail(code, endpoint + " refuses the session (" + std::to_string(status) +
                             (said.empty() ? ")" : "): " + said));
  }
  if (error) co_return fail_network(deadline, error, "session with " + endpoint);
  co_return std::make_unique<WebSocket<websocket::stream<TlsStream>>>(std::move(stream));
}

}  // namespace joist::wire
