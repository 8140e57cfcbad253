#include "wire/http_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "wire/asio.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "base/log.h"
#include "base/sha256.h"
#include "wire/handshake_gate.h"
#include "wire/http_connection.h"

namespace joist::wire {
namespace {

// Of a place among the handshakes, while others may wait for it: it takes a round trip or two.
constexpr std::chrono::seconds kHandshakeTurn{3};

using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Local = asio::local::stream_protocol;

}  // namespace

namespace {

// One more of something, for as long as this lives.
class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(&count) { ++*count_; }
  Counted(Counted&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  Counted& operator=(Counted&&) = delete;
  ~Counted() {
    if (count_ != nullptr) --*count_;
  }

 private:
  std::size_t* count_;
};

// What a listener made, to be told from what others put in its place.
struct SocketFile {
  std::string path;
  unsigned mode = 0;
  dev_t device = 0;
  ino_t inode = 0;
  std::shared_ptr<Local::acceptor> acceptor;

  bool is_there() const {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && status.st_dev == device && status.st_ino == inode;
  }
};

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(asio::io_context& io_context, HttpLimits limits, Handler handler)
      : io(io_context),
        service{.limits = limits, .handler = std::move(handler)},
        handshakes(limits.handshakes_max, limits.handshakes_per_peer_max) {}

  asio::io_context& io;
  HttpService service;
  HandshakeGate handshakes;
  TlsContextPtr tls;
  std::function<void()> before_handshake;
  std::vector<std::shared_ptr<Tcp::acceptor>> tcp_acceptors;
  std::vector<std::shared_ptr<Local::acceptor>> local_acceptors;
  std::vector<SocketFile> socket_files;
  std::map<std::uint64_t, std::function<void()>> aborts;  // by connection
  std::uint64_t next_connection = 0;
  std::map<std::string, std::size_t> open_by_peer;  // address, user or certificate
  std::size_t strangers = 0;                        // of TLS, after the handshake
  std::size_t refusing = 0;                         // connections that are being told 503

  using Acceptor = std::shared_ptr<Tcp::acceptor>;
  enum class Sharing { None, WithOurs };
  Result<Acceptor> open_tcp(std::string_view address, Sharing sharing);
  Result<void> bind_tcp(std::string_view address, bool with_tls);
  Result<void> move_tcp(std::string_view address);
  void start(Acceptor acceptor, bool with_tls);
  void start(std::shared_ptr<Local::acceptor> acceptor);
  bool has_room_for(const Peer& peer) const;

  template <typename Listener, typename Socket>
  Task<void> accept_loop(std::shared_ptr<Listener> acceptor, bool with_tls);
  template <typename Socket>
  void admit(Socket socket, bool with_tls);

  Task<void> hold_plain(PlainSocket socket, Peer peer);
  Task<bool> shake_hands_in_turn(TlsContextPtr& context, std::optional<TlsStream>& stream,
                                 Tcp::socket& socket, Peer& peer);
  Task<void> hold_tls(Tcp::socket socket, Peer peer);
  Task<void> refuse(PlainSocket socket, Counted place);
};

namespace {

// Keeps a connection in the server's books for as long as it lives.
class Registered {
 public:
  using Aborts = std::map<std::uint64_t, std::function<void()>>;
  using OpenByPeer = std::map<std::string, std::size_t>;

  Registered(Aborts& aborts, std::uint64_t id, std::size_t& open, OpenByPeer& open_by_peer,
             std::string peer, std::function<void()> abort)
      : aborts_(aborts), id_(id), open_(open), open_by_peer_(open_by_peer), peer_(std::move(peer)) {
    aborts_.emplace(id_, std::move(abort));
    ++open_;
    ++open_by_peer_[peer_];
  }
  ~Registered() {
    aborts_.erase(id_);
    --open_;
    release();
  }

  // It counts as another's from now on. Returns how many that one holds.
  std::size_t become(std::string peer) {
    release();
    peer_ = std::move(peer);
    return ++open_by_peer_[peer_];
  }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

 private:
  void release() {
    const auto held = open_by_peer_.find(peer_);
    if (--held->second == 0) open_by_peer_.erase(held);
  }

  Aborts& aborts_;
  std::uint64_t id_;
  std::size_t& open_;
  OpenByPeer& open_by_peer_;
  std::string peer_;
};

// Who is counted as one: a host whatever its port, a local user.
std::string peer_key(const Peer& peer) {
  if (peer.uid) return "uid " + std::to_string(*peer.uid);
  return peer.address.substr(0, peer.address.rfind(':'));
}

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

template <typename Listener, typename Socket>
Task<void> HttpServer::State::accept_loop(std::shared_ptr<Listener> acceptor, bool with_tls) {
  const auto self = shared_from_this();
  asio::steady_timer pause(io);
  while (!service.closed && acceptor->is_open()) {  // closed: the listener moved
    error_code error;
    Socket socket(io);
    co_await acceptor->async_accept(socket, into(error));
    if (service.closed || error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors or memory: the listener stays, later it may work.
      log(Priority::Warning, "cannot accept a connection", {{"error", error.message()}});
      pause.expires_after(std::chrono::milliseconds(200));
      co_await pause.async_wait(into(error));
      continue;
    }
    tune(socket);
    admit(std::move(socket), with_tls);
  }
}

bool HttpServer::State::has_room_for(const Peer& peer) const {
  const HttpLimits& limits = service.limits;
  if (service.counters.open >= limits.connections_max) return false;
  if (limits.connections_per_peer_max == 0 || peer.uid == 0U) return true;
  const auto held = open_by_peer.find(peer_key(peer));
  return held == open_by_peer.end() || held->second < limits.connections_per_peer_max;
}

template <typename Socket>
void HttpServer::State::admit(Socket socket, bool with_tls) {
  ++service.counters.connections;
  Peer peer = peer_of(socket);
  if (!has_room_for(peer)) {
    ++service.counters.rejected;
    if (!with_tls && refusing < service.limits.connections_max) {
      asio::co_spawn(io, refuse(std::move(socket), Counted(refusing)), rethrow);
    }
    return;
  }
  if constexpr (std::is_same_v<Socket, Tcp::socket>) {
    if (with_tls) {
      asio::co_spawn(io, hold_tls(std::move(socket), std::move(peer)), rethrow);
      return;
    }
  }
  asio::co_spawn(io, hold_plain(std::move(socket), std::move(peer)), rethrow);
}

Task<void> HttpServer::State::hold_plain(PlainSocket socket, Peer peer) {
  const auto self = shared_from_this();
  const Registered registered(aborts, next_connection++, service.counters.open, open_by_peer,
                              peer_key(peer), [&socket] {
                                error_code ignored;
                                socket.close(ignored);
                              });
  co_await serve_plain(service, socket, std::move(peer));
}

// Makes `stream`, which is what costs, once the peer has said a word and a place is free.
Task<bool> HttpServer::State::shake_hands_in_turn(TlsContextPtr& context,
                                                  std::optional<TlsStream>& stream,
                                                  Tcp::socket& socket, Peer& peer) {
  const auto until = std::chrono::steady_clock::now() + service.limits.handshake_timeout;
  const bool heard = co_await hears_from(service, socket, peer, until);
  if (!heard) co_return false;
  const std::string name = peer_key(peer);
  const bool let_in = co_await handshakes.enter(name, until);
  if (!let_in) {
    ++service.counters.rejected;
    co_return false;
  }
  bool shaken = false;
  if (!service.closed) {
    if (before_handshake) before_handshake();
    context = tls;
    stream.emplace(std::move(socket), context->context);
    const auto turn_ends = std::min(until, std::chrono::steady_clock::now() + kHandshakeTurn);
    shaken = co_await shake_hands(service, *stream, peer, turn_ends);
  }
  handshakes.leave(name);
  co_return shaken;
}

Task<void> HttpServer::State::hold_tls(Tcp::socket socket, Peer peer) {
  const auto self = shared_from_this();
  TlsContextPtr context;  // the connection keeps the one it began with
  std::optional<TlsStream> stream;
  Registered registered(aborts, next_connection++, service.counters.open, open_by_peer,
                        peer_key(peer), [&] {
                          error_code ignored;
                          (stream ? stream->next_layer() : socket).close(ignored);
                        });
  const bool shaken = co_await shake_hands_in_turn(context, stream, socket, peer);
  if (!shaken) co_return;
  const HttpLimits& limits = service.limits;
  const bool stranger = peer.certificate.empty();
  std::optional<Counted> counted;
  std::size_t held = 0;
  if (stranger) {
    counted.emplace(strangers);
    held = strangers;
  } else {
    held = registered.become("certificate " + to_hex(sha256(peer.certificate)));
  }
  const std::size_t held_max =
      stranger ? limits.strangers_max : limits.connections_per_certificate_max;
  if (held_max != 0 && held > held_max) {
    ++service.counters.rejected;
    co_await refuse_tls(*stream);
    co_return;
  }
  co_await serve_tls(service, *stream, std::move(peer));
}

Task<void> HttpServer::State::refuse(PlainSocket socket, [[maybe_unused]] Counted place) {
  const auto self = shared_from_this();
  co_await refuse_plain(socket);
}

void HttpServer::State::start(Acceptor acceptor, bool with_tls) {
  tcp_acceptors.push_back(acceptor);
  asio::co_spawn(io, accept_loop<Tcp::acceptor, Tcp::socket>(std::move(acceptor), with_tls),
                 rethrow);
}

void HttpServer::State::start(std::shared_ptr<Local::acceptor> acceptor) {
  local_acceptors.push_back(acceptor);
  asio::co_spawn(io, accept_loop<Local::acceptor, Local::socket>(std::move(acceptor), false),
                 rethrow);
}

// A listener. WithOurs: also where it overlaps with one that this server has.
Result<HttpServer::State::Acceptor> HttpServer::State::open_tcp(std::string_view address,
                                                                Sharing sharing) {
  using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
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
  // The kernel lets two overlap if both say so, and both belong to one user. Only
  // for that moment: another process must not slip in later.
  const auto share = [&](bool shared) {
    error_code ignored;  // then the port counts as taken
    acceptor->set_option(reuse_port(shared), ignored);
    for (const Acceptor& ours : tcp_acceptors) ours->set_option(reuse_port(shared), ignored);
  };
  if (sharing == Sharing::WithOurs) share(true);
  if (!error) acceptor->bind(Tcp::endpoint(ip, port), error);
  if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (sharing == Sharing::WithOurs) share(false);
  if (error) {
    const bool taken = error == asio::error::address_in_use;
    return fail(ErrorCode::Io, "listen on " + std::string(address) + ": " + error.message() +
                                   (taken ? "; another program has the port, see `ss -ltnp`" : ""));
  }
  return acceptor;
}

Result<void> HttpServer::State::bind_tcp(std::string_view address, bool with_tls) {
  auto acceptor = open_tcp(address, Sharing::None);
  if (!acceptor) return tl::unexpected<Error>(acceptor.error());
  start(std::move(*acceptor), with_tls);
  return {};
}

Result<void> HttpServer::State::move_tcp(std::string_view address) {
  auto acceptor = open_tcp(address, Sharing::WithOurs);
  if (!acceptor) return tl::unexpected<Error>(acceptor.error());
  const auto former = std::exchange(tcp_acceptors, {});
  error_code ignored;  // what cannot be closed goes with its last reference
  for (const Acceptor& one : former) one->close(ignored);
  start(std::move(*acceptor), false);
  return {};
}

HttpServer::HttpServer(asio::io_context& io, HttpLimits limits, Handler handler)
    : state_(std::make_shared<State>(io, limits, std::move(handler))) {}

HttpServer::~HttpServer() { close(); }

void HttpServer::on_frames(std::string path, FrameGate gate, FrameHandler handler) {
  state_->service.frame_routes.insert_or_assign(std::move(path),
                                                FrameRoute{std::move(gate), std::move(handler)});
}

Result<void> HttpServer::listen(std::string_view address) {
  return state_->bind_tcp(address, false);
}

Result<void> HttpServer::listen_tls(std::string_view address, TlsContextPtr context) {
  state_->tls = std::move(context);
  return state_->bind_tcp(address, true);
}

Result<void> HttpServer::move_to(std::string_view address) { return state_->move_tcp(address); }

void HttpServer::set_connections_max(std::size_t connections_max, std::size_t per_peer_max) {
  state_->service.limits.connections_max = connections_max;
  state_->service.limits.connections_per_peer_max = per_peer_max;
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
  struct stat made {};
  if (::lstat(path.c_str(), &made) != 0) return fail_errno(errno, "look at " + path);
  state_->socket_files.push_back({path, mode, made.st_dev, made.st_ino, acceptor});
  state_->start(std::move(acceptor));
  return {};
}

Result<std::vector<std::string>> HttpServer::mend_unix() {
  std::vector<std::string> mended;
  auto& files = state_->socket_files;
  for (const SocketFile& one : std::vector<SocketFile>(files)) {
    if (one.is_there()) continue;
    if (auto listening = listen_unix(one.path, one.mode); !listening) {
      return tl::unexpected<Error>(listening.error());
    }
    error_code ignored;  // nobody can reach it any more
    one.acceptor->close(ignored);
    std::erase_if(files, [&](const SocketFile& file) { return file.acceptor == one.acceptor; });
    std::erase(state_->local_acceptors, one.acceptor);
    mended.push_back(one.path);
  }
  return mended;
}

Result<void> HttpServer::listen_descriptor(UniqueFd fd, TlsContextPtr context) {
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
    state_->start(std::move(acceptor));
    return {};
  }
  if (name.ss_family != AF_INET && name.ss_family != AF_INET6) {
    return fail(ErrorCode::Malformed, "inherited socket: neither TCP nor unix");
  }
  auto acceptor = std::make_shared<Tcp::acceptor>(state_->io);
  acceptor->assign(name.ss_family == AF_INET6 ? Tcp::v6() : Tcp::v4(), fd.release(), error);
  if (error) return fail_errno(error.value(), "inherited socket");
  if (context) state_->tls = context;
  state_->start(std::move(acceptor), context != nullptr);
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

void HttpServer::before_handshakes(std::function<void()> call) {
  state_->before_handshake = std::move(call);
}

const HttpCounters& HttpServer::counters() const { return state_->service.counters; }

void HttpServer::close() {
  State& state = *state_;
  if (state.service.closed) return;
  state.service.closed = true;
  error_code ignored;  // what is closed twice is closed
  for (const auto& acceptor : state.tcp_acceptors) acceptor->close(ignored);
  for (const auto& acceptor : state.local_acceptors) acceptor->close(ignored);
  for (const SocketFile& file : state.socket_files) {
    if (file.is_there()) ::unlink(file.path.c_str());
  }
  state.handshakes.close();
  // Closing lets the connections end by themselves, later: none leaves the map now.
  for (const auto& [id, abort] : state.aborts) abort();
}

}  // namespace joist::wire
