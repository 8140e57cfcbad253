#include "wire/http_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "wire/asio.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/log.h"
#include "wire/deadline.h"
#include "wire/tls_context.h"
#include "wire/web_socket.h"

namespace joist::wire {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Local = asio::local::stream_protocol;

// A peer that was refused gets this long, and this much is read of what it was
// still sending, so that the refusal reaches it before the connection resets.
constexpr std::chrono::seconds kLinger{1};
constexpr std::size_t kLingerBytesMax = 64 * 1024;

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

template <typename Socket>
Socket& lowest(Socket& socket) {
  return socket;
}
Tcp::socket& lowest(TlsStream& stream) { return stream.next_layer(); }

struct FrameRoute {
  HttpServer::FrameGate gate;
  HttpServer::FrameHandler handler;
};

struct BadRequest {
  unsigned status;
  std::string text;
};

// What an unreadable request is answered with; status 0: with nothing.
BadRequest bad_request(const error_code& error, bool expired, const HttpLimits& limits) {
  if (expired) return {408, "the request took too long"};
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return {431, "the header is larger than " + std::to_string(limits.header_bytes_max) + " bytes"};
  }
  if (error == http::error::body_limit) {
    return {413, "the body is larger than " + std::to_string(limits.body_bytes_max) + " bytes"};
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {0, ""};
  if (error.category() == make_error_code(http::error::bad_method).category()) {
    return {400, "not HTTP/1.1: " + error.message()};
  }
  return {0, ""};
}

Request to_request(http::request<http::string_body>&& message) {
  Request request;
  request.method = std::string(message.method_string());
  const std::string_view target(message.target().data(), message.target().size());
  const auto question = target.find('?');
  request.path = std::string(target.substr(0, question));
  if (question != std::string_view::npos) request.query = std::string(target.substr(question + 1));
  for (const auto& field : message) {
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  return request;
}

http::response<http::string_body> to_message(Response&& response, bool keep_alive) {
  http::response<http::string_body> message(static_cast<http::status>(response.status), 11);
  message.set(http::field::server, "joist");
  if (!response.content_type.empty()) {
    message.set(http::field::content_type, response.content_type);
  }
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(keep_alive);
  message.body() = std::move(response.body);
  message.content_length(message.body().size());
  return message;
}

template <typename Socket>
Task<void> drain(Socket& socket) {
  error_code error;
  socket.shutdown(Socket::shutdown_send, error);
  Deadline deadline(socket);
  deadline.arm(kLinger);
  std::vector<char> unread(4096);
  std::size_t total = 0;
  while (!error && total < kLingerBytesMax) {
    total += co_await socket.async_read_some(asio::buffer(unread), into(error));
  }
}

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(asio::io_context& io_context, HttpLimits the_limits, Handler the_handler)
      : io(io_context), limits(the_limits), handler(std::move(the_handler)) {}

  asio::io_context& io;
  HttpLimits limits;
  Handler handler;
  std::map<std::string, FrameRoute> frame_routes;
  HttpCounters counters;
  TlsContextPtr tls;
  bool closed = false;
  std::vector<std::shared_ptr<Tcp::acceptor>> tcp_acceptors;
  std::vector<std::shared_ptr<Local::acceptor>> local_acceptors;
  std::vector<std::string> socket_files;
  std::map<std::uint64_t, std::function<void()>> aborts;  // by connection
  std::uint64_t next_connection = 0;
  std::size_t refusing = 0;  // connections that are being told 503

  Result<void> bind_tcp(std::string_view address, bool with_tls);
  void start(std::shared_ptr<Tcp::acceptor> acceptor, bool with_tls);

  template <typename Acceptor, typename Socket>
  Task<void> accept_loop(std::shared_ptr<Acceptor> acceptor, bool with_tls);
  template <typename Socket>
  void admit(Socket socket, Peer peer, bool with_tls);
  template <typename Socket>
  Task<void> refuse(Socket socket);

  template <typename Socket>
  Task<void> serve_plain(Socket socket, Peer peer);
  Task<void> serve_tls(Tcp::socket socket, Peer peer);
  template <typename Stream>
  Task<void> serve(Stream& stream, Peer peer);
  template <typename Stream>
  Task<bool> exchange(Stream& stream, boost::beast::flat_buffer& buffer, const Peer& peer,
                      bool first);
  template <typename Stream>
  Task<bool> answer_bad(Stream& stream, BadRequest bad);
  template <typename Stream>
  Task<bool> send(Stream& stream, Response response, bool head, bool keep_alive);
  Task<Response> handle(Request request, const Peer& peer);
  Task<void> upgrade(TlsStream& stream, http::request<http::string_body> request, const Peer& peer,
                     const FrameHandler& frames);
};

namespace {

// Keeps a connection in the server's books for as long as it lives.
class Registered {
 public:
  Registered(std::map<std::uint64_t, std::function<void()>>& aborts, std::uint64_t id,
             std::size_t& open, std::function<void()> abort)
      : aborts_(aborts), id_(id), open_(open) {
    aborts_.emplace(id_, std::move(abort));
    ++open_;
  }
  ~Registered() {
    aborts_.erase(id_);
    --open_;
  }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

 private:
  std::map<std::uint64_t, std::function<void()>>& aborts_;
  std::uint64_t id_;
  std::size_t& open_;
};

Peer peer_of(const Tcp::socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return {.address = "gone"};
  const auto address = endpoint.address();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return {.address = host + ":" + std::to_string(endpoint.port())};
}

Peer peer_of(Local::socket& socket) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  Peer peer{.address = "unix"};
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0) {
    peer.uid = credentials.uid;
  }
  return peer;
}

void tune(Tcp::socket& socket) {
  error_code ignored;  // a connection works without
  socket.set_option(Tcp::no_delay(true), ignored);
}
void tune(Local::socket&) {}

}  // namespace

template <typename Acceptor, typename Socket>
Task<void> HttpServer::State::accept_loop(std::shared_ptr<Acceptor> acceptor, bool with_tls) {
  const auto self = shared_from_this();
  asio::steady_timer pause(io);
  while (!closed) {
    error_code error;
    Socket socket(io);
    co_await acceptor->async_accept(socket, into(error));
    if (closed || error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors or memory: the listener stays, later it may work.
      log(Priority::Warning, "cannot accept a connection", {{"error", error.message()}});
      pause.expires_after(std::chrono::milliseconds(200));
      co_await pause.async_wait(into(error));
      continue;
    }
    tune(socket);
    Peer peer = peer_of(socket);
    admit(std::move(socket), std::move(peer), with_tls);
  }
}

template <typename Socket>
void HttpServer::State::admit(Socket socket, Peer peer, bool with_tls) {
  ++counters.connections;
  if (counters.open >= limits.connections_max) {
    ++counters.rejected;
    if (!with_tls && refusing < limits.connections_max) {
      asio::co_spawn(io, refuse(std::move(socket)), rethrow);
    }
    return;
  }
  if constexpr (std::is_same_v<Socket, Tcp::socket>) {
    if (with_tls) {
      asio::co_spawn(io, serve_tls(std::move(socket), std::move(peer)), rethrow);
      return;
    }
  }
  asio::co_spawn(io, serve_plain(std::move(socket), std::move(peer)), rethrow);
}

template <typename Socket>
Task<void> HttpServer::State::serve_plain(Socket socket, Peer peer) {
  const auto self = shared_from_this();
  const Registered registered(aborts, next_connection++, counters.open, [&socket] {
    error_code ignored;
    socket.close(ignored);
  });
  co_await serve(socket, std::move(peer));
}

template <typename Socket>
Task<void> HttpServer::State::refuse(Socket socket) {
  const auto self = shared_from_this();
  ++refusing;
  auto message = to_message(text_response(503, "too many connections; try again later"), false);
  message.set(http::field::retry_after, "1");
  error_code error;
  Deadline deadline(socket);
  deadline.arm(kLinger);
  co_await http::async_write(socket, message, into(error));
  deadline.disarm();
  if (!error) co_await drain(socket);
  --refusing;
}

Task<void> HttpServer::State::serve_tls(Tcp::socket socket, Peer peer) {
  const auto self = shared_from_this();
  const TlsContextPtr context = tls;  // the connection keeps the one it began with
  TlsStream stream(std::move(socket), context->context);
  const Registered registered(aborts, next_connection++, counters.open, [&stream] {
    error_code ignored;
    stream.next_layer().close(ignored);
  });
  error_code error;
  {
    Deadline deadline(stream.next_layer());
    deadline.arm(limits.request_timeout);
    co_await stream.async_handshake(asio::ssl::stream_base::server, into(error));
  }
  if (error) {
    ++counters.tls_failures;
    log(Priority::Debug, "TLS handshake failed",
        {{"peer", peer.address}, {"error", error.message()}});
    co_return;
  }
  peer.certificate = peer_certificate(stream.native_handle());
  co_await serve(stream, std::move(peer));
}

template <typename Stream>
Task<void> HttpServer::State::serve(Stream& stream, Peer peer) {
  // Bounded: a header and a body, and no more than a chunk of what follows.
  boost::beast::flat_buffer buffer(limits.header_bytes_max + 4096);
  bool first = true;
  while (!closed) {
    const bool more = co_await exchange(stream, buffer, peer, first);
    if (!more) co_return;
    first = false;
  }
}

// One request and its answer. Returns whether another may follow.
template <typename Stream>
Task<bool> HttpServer::State::exchange(Stream& stream, boost::beast::flat_buffer& buffer,
                                       const Peer& peer, bool first) {
  http::request_parser<http::string_body> parser;
  parser.header_limit(limits.header_bytes_max);
  parser.body_limit(limits.body_bytes_max);
  error_code error;
  Deadline deadline(lowest(stream));

  // Idle is not slow: only from its first byte on is a request in a hurry. A
  // new connection that says nothing is slow from the start.
  if (buffer.size() == 0 && !first) {
    deadline.arm(limits.idle_timeout);
    const std::size_t got = co_await stream.async_read_some(buffer.prepare(1024), into(error));
    buffer.commit(got);
    if (error) co_return false;
  }

  deadline.arm(limits.request_timeout);
  co_await http::async_read_header(stream, buffer, parser, into(error));
  if (!error && parser.get()[http::field::expect] == "100-continue") {
    http::response<http::empty_body> go_on(http::status::continue_, 11);
    co_await http::async_write(stream, go_on, into(error));
  }
  if (!error) co_await http::async_read(stream, buffer, parser, into(error));
  deadline.disarm();
  if (error) co_return co_await answer_bad(stream, bad_request(error, deadline.expired(), limits));

  ++counters.requests;
  auto message = parser.release();
  if constexpr (std::is_same_v<Stream, TlsStream>) {
    const auto route = frame_routes.find(std::string(message.target()));
    if (route != frame_routes.end() && boost::beast::websocket::is_upgrade(message)) {
      auto refusal = route->second.gate(peer);
      if (refusal) co_return co_await send(stream, std::move(*refusal), false, false);
      co_await upgrade(stream, std::move(message), peer, route->second.handler);
      co_return false;
    }
  }
  const bool keep_alive = message.keep_alive();
  const bool head = message.method() == http::verb::head;
  Response response = co_await handle(to_request(std::move(message)), peer);
  co_return co_await send(stream, std::move(response), head, keep_alive);
}

template <typename Stream>
Task<bool> HttpServer::State::answer_bad(Stream& stream, BadRequest bad) {
  if (bad.status == 0) co_return false;
  ++counters.bad_requests;
  Response response = text_response(bad.status, bad.text);
  const bool sent = co_await send(stream, std::move(response), false, false);
  static_cast<void>(sent);  // the connection ends either way
  co_await drain(lowest(stream));
  co_return false;
}

template <typename Stream>
Task<bool> HttpServer::State::send(Stream& stream, Response response, bool head, bool keep_alive) {
  auto message = to_message(std::move(response), keep_alive);
  error_code error;
  Deadline deadline(lowest(stream));
  deadline.arm(limits.write_timeout);
  if (head) {
    http::response_serializer<http::string_body> serializer(message);
    co_await http::async_write_header(stream, serializer, into(error));
  } else {
    co_await http::async_write(stream, message, into(error));
  }
  co_return !error && keep_alive;
}

Task<Response> HttpServer::State::handle(Request request, const Peer& peer) {
  std::string failure;
  try {
    co_return co_await handler(request, peer);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  // A library threw past its adapter: one request is lost, not the program.
  log(Priority::Error, "request failed", {{"path", request.path}, {"error", failure}});
  co_return text_response(500, "internal error; the journal says more");
}

Task<void> HttpServer::State::upgrade(TlsStream& stream, http::request<http::string_body> request,
                                      const Peer& peer, const FrameHandler& frames) {
  namespace websocket = boost::beast::websocket;
  websocket::stream<TlsStream&> upgraded(stream);
  error_code error;
  {
    Deadline deadline(stream.next_layer());
    deadline.arm(limits.request_timeout);
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
}

void HttpServer::State::start(std::shared_ptr<Tcp::acceptor> acceptor, bool with_tls) {
  tcp_acceptors.push_back(acceptor);
  asio::co_spawn(io, accept_loop<Tcp::acceptor, Tcp::socket>(std::move(acceptor), with_tls),
                 rethrow);
}

Result<void> HttpServer::State::bind_tcp(std::string_view address, bool with_tls) {
  const auto parts = split_host_port(address);
  if (!parts) {
    return fail(ErrorCode::Malformed, "listen on \"" + std::string(address) +
                                          "\": expected address:port, [v6]:port or *:port");
  }
  error_code error;
  const bool any = parts->host.empty();
  auto ip = any ? asio::ip::address(asio::ip::address_v6::any())
                : asio::ip::make_address(parts->host, error);
  if (error) {
    return fail(ErrorCode::Malformed, "listen on \"" + std::string(address) + "\": " + parts->host +
                                          " is not an IP address");
  }
  const auto port = static_cast<unsigned short>(std::stoi(parts->port));
  auto acceptor = std::make_shared<Tcp::acceptor>(io);
  acceptor->open(Tcp::endpoint(ip, port).protocol(), error);
  if (error && any) {  // a kernel without IPv6
    ip = asio::ip::address_v4::any();
    acceptor->open(Tcp::v4(), error);
  }
  if (!error && any && ip.is_v6()) acceptor->set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor->set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor->bind(Tcp::endpoint(ip, port), error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    const bool taken = error == asio::error::address_in_use;
    return fail(ErrorCode::Io, "listen on " + std::string(address) + ": " + error.message() +
                                   (taken ? "; another program has the port, see `ss -ltnp`" : ""));
  }
  start(std::move(acceptor), with_tls);
  return {};
}

HttpServer::HttpServer(asio::io_context& io, HttpLimits limits, Handler handler)
    : state_(std::make_shared<State>(io, limits, std::move(handler))) {}

HttpServer::~HttpServer() { close(); }

void HttpServer::on_frames(std::string path, FrameGate gate, FrameHandler handler) {
  state_->frame_routes.insert_or_assign(std::move(path),
                                        FrameRoute{std::move(gate), std::move(handler)});
}

Result<void> HttpServer::listen(std::string_view address) {
  return state_->bind_tcp(address, false);
}

Result<void> HttpServer::listen_tls(std::string_view address, TlsContextPtr context) {
  state_->tls = std::move(context);
  return state_->bind_tcp(address, true);
}

Result<void> HttpServer::listen_unix(const std::string& path, unsigned mode) {
  error_code error;
  {
    Local::socket living(state_->io);
    living.connect(Local::endpoint(path), error);
    if (!error) {
      return fail(ErrorCode::Refused, "listen on " + path + ": another process answers there");
    }
  }
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return fail(ErrorCode::Refused, "listen on " + path + ": a file that is no socket is there");
    }
    if (::unlink(path.c_str()) != 0) return fail_errno(errno, "remove the old socket " + path);
  }
  error.clear();
  auto acceptor = std::make_shared<Local::acceptor>(state_->io);
  acceptor->open(Local(), error);
  // Born closed to all, and opened when it has its mode: bind() obeys the umask.
  const mode_t before = ::umask(0177);
  if (!error) acceptor->bind(Local::endpoint(path), error);
  ::umask(before);
  if (!error && ::chmod(path.c_str(), mode) != 0) return fail_errno(errno, "chmod " + path);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail_errno(error.value(), "listen on " + path);
  state_->socket_files.push_back(path);
  state_->local_acceptors.push_back(acceptor);
  asio::co_spawn(state_->io,
                 state_->accept_loop<Local::acceptor, Local::socket>(std::move(acceptor), false),
                 rethrow);
  return {};
}

Result<void> HttpServer::listen_descriptor(UniqueFd fd) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length) != 0) {
    return fail_errno(errno, "inherited socket");
  }
  error_code error;
  if (name.ss_family == AF_UNIX) {
    auto acceptor = std::make_shared<Local::acceptor>(state_->io);
    acceptor->assign(Local(), fd.release(), error);
    if (error) return fail_errno(error.value(), "inherited socket");
    state_->local_acceptors.push_back(acceptor);
    asio::co_spawn(state_->io,
                   state_->accept_loop<Local::acceptor, Local::socket>(std::move(acceptor), false),
                   rethrow);
    return {};
  }
  if (name.ss_family != AF_INET && name.ss_family != AF_INET6) {
    return fail(ErrorCode::Malformed, "inherited socket: neither TCP nor unix");
  }
  auto acceptor = std::make_shared<Tcp::acceptor>(state_->io);
  acceptor->assign(name.ss_family == AF_INET6 ? Tcp::v6() : Tcp::v4(), fd.release(), error);
  if (error) return fail_errno(error.value(), "inherited socket");
  state_->start(std::move(acceptor), false);
  return {};
}

std::string HttpServer::address() const {
  if (state_->tcp_acceptors.empty()) return {};
  error_code error;
  const auto endpoint = state_->tcp_acceptors.front()->local_endpoint(error);
  if (error) return {};
  const auto address = endpoint.address();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return host + ":" + std::to_string(endpoint.port());
}

void HttpServer::replace_tls(TlsContextPtr context) { state_->tls = std::move(context); }

const HttpCounters& HttpServer::counters() const { return state_->counters; }

void HttpServer::close() {
  State& state = *state_;
  if (state.closed) return;
  state.closed = true;
  error_code ignored;  // what is closed twice is closed
  for (const auto& acceptor : state.tcp_acceptors) acceptor->close(ignored);
  for (const auto& acceptor : state.local_acceptors) acceptor->close(ignored);
  for (const std::string& path : state.socket_files) ::unlink(path.c_str());
  // Closing lets the connections end by themselves, later: none leaves the map now.
  for (const auto& [id, abort] : state.aborts) abort();
}

}  // namespace joist::wire
