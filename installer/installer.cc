#include "installer/installer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>
#include <utility>

#include "wire/asio.h"

#include <boost/asio/redirect_error.hpp>

#include "base/log.h"
#include "base/unique_fd.h"
#include "installer/authority_file.h"
#include "installer/enrolment.h"
#include "installer/fleet.h"
#include "installer/fleet_service.h"
#include "installer/metrics.h"
#include "installer/server_certificate.h"
#include "installer/sessions.h"
#include "installer/store.h"
#include "installer/store_worker.h"
#include "pki/certificate.h"
#include "wire/http_server.h"
#include "wire/rpc.h"

namespace joist::installer {
namespace {

namespace asio = wire::asio;
using wire::Peer;
using wire::Request;
using wire::Response;
using wire::Task;

// How often the server certificate's life and names are looked at.
constexpr std::chrono::minutes kCertificateCheck{1};

// Connections besides sessions, and how many of them those without a node's
// certificate may have (enrolments, curl): all together, and from one address.
// The rest is for handshakes, which end soon.
constexpr std::size_t kSpareConnections = 1024;
constexpr std::size_t kStrangersMax = 256;

// What agents are told, and how long they have to listen.
constexpr const char* kStops = "joist-installer stops; the agent asks again until it is back";
constexpr std::chrono::seconds kLeaveTime{1};
constexpr std::chrono::milliseconds kLeaveStep{10};

// A node has one session, a second when it comes back, and renewals.
constexpr std::size_t kConnectionsOfANode = 8;

Result<void> make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return {};
  return fail_errno(errno, "make directory " + path);
}

// Two installers on one state would hand out two authorities' worth of trust.
Result<UniqueFd> lock_state(const std::string& directory) {
  const std::string path = directory + "/lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno(errno, "open " + path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return fail_errno(errno, "lock " + path);
  return fail(ErrorCode::Refused, "another joist-installer is running on " + directory);
}

double seconds_since_1970(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

Result<pki::Authority> open_fitting_authority(const std::string& directory, const std::string& name,
                                              const Store& store, WallTime now) {
  const auto counts = store.counts(now);
  if (!counts) return fail(counts.error(), "store");
  return open_authority(directory, name, counts->living == 0, now);
}

}  // namespace

struct Installer::Parts {
  Parts(asio::io_context& the_io, Settings the_settings, const Clock& the_clock, UniqueFd the_lock,
        Store the_store, pki::Authority the_authority, pki::Certificate authority_shown);

  Result<void> listen(const std::string& run_directory);
  Task<Response> serve_agents(const Request& request, const Peer& peer);
  Task<Response> serve_metrics(const Request& request);
  Task<Response> serve_people(const Request& request, const Peer& peer);
  Task<void> renew_certificate();
  Task<Response> health();
  Task<std::string> metrics_text();

  asio::io_context& io;
  Settings settings;
  const Clock& clock;
  UniqueFd lock;
  pki::Authority authority;
  pki::Certificate authority_certificate;
  Metrics metrics;
  StoreWorker store;
  Fleet fleet;
  Sessions sessions;
  Enrolment enrolment;
  FleetService people;
  ServerCertificate certificate;
  wire::RpcService enrolment_rpc{"joist.v1.Enrolment"};
  asio::steady_timer certificate_timer;
  bool stopped = false;
  std::string restart_for;  // what the config says otherwise than is in force
  wire::HttpServer agents_server;
  wire::HttpServer metrics_server;
  wire::HttpServer people_server;
};

Installer::Parts::Parts(asio::io_context& the_io, Settings the_settings, const Clock& the_clock,
                        UniqueFd the_lock, Store the_store, pki::Authority the_authority,
                        pki::Certificate authority_shown)
    : io(the_io),
      settings(std::move(the_settings)),
      clock(the_clock),
      lock(std::move(the_lock)),
      authority(std::move(the_authority)),
      authority_certificate(std::move(authority_shown)),
      store(io, std::move(the_store), metrics, clock),
      fleet(store, settings.silence_max, clock.now()),
      sessions(store, fleet, metrics, clock, settings.sessions_max),
      enrolment(store, fleet, authority, metrics, settings.certificate_life),
      people(store, fleet, authority_certificate.spki_sha256, clock, ::geteuid()),
      certificate(authority, settings.name),
      certificate_timer(io),
      agents_server(
          io,
          {.connections_max = settings.sessions_max + kSpareConnections,
           .connections_per_peer_max = kStrangersMax,
           .connections_per_certificate_max = kConnectionsOfANode,
           .strangers_max = kStrangersMax},
          [this](const Request& request, const Peer& peer) { return serve_agents(request, peer); }),
      metrics_server(
          io, {.body_bytes_max = 0, .read_only = true},
          [this](const Request& request, const Peer&) { return serve_metrics(request); }),
      people_server(io, {}, [this](const Request& request, const Peer& peer) {
        return serve_people(request, peer);
      }) {
  metrics.config_load(true);
  enrolment_rpc.on<v1::EnrollRequest, v1::EnrollResponse>(
      "Enroll",
      [this](const v1::EnrollRequest& request,
             const Peer& peer) -> Task<Result<v1::EnrollResponse>> {
        const Moment now = clock.now();
        co_return co_await enrolment.enroll(request, peer.address, now);
      });
  enrolment_rpc.on<v1::RenewRequest, v1::RenewResponse>(
      "Renew",
      [this](const v1::RenewRequest& request, const Peer& peer) -> Task<Result<v1::RenewResponse>> {
        const Moment now = clock.now();
        co_return co_await enrolment.renew(request, peer.certificate, peer.address, now);
      });
  agents_server.on_frames(
      "/session", [this](const Peer& peer) { return sessions.refuse(peer); },
      [this](wire::FrameSocket& socket, const Peer& peer) { return sessions.run(socket, peer); });
}

Result<void> Installer::Parts::listen(const std::string& run_directory) {
  auto context = certificate.renew(server_names(settings.certificate_names), clock.now().wall);
  if (!context) return fail(context.error(), "start");
  if (auto done = agents_server.listen_tls(settings.listen, *context); !done) return done;
  if (auto done = metrics_server.listen(settings.metrics_listen); !done) return done;
  if (auto done = people_server.listen_unix(run_directory + "/installer.sock", 0660); !done) {
    return done;
  }
  asio::co_spawn(io, renew_certificate(), wire::rethrow);
  return {};
}

Task<Response> Installer::Parts::serve_agents(const Request& request, const Peer& peer) {
  if (enrolment_rpc.serves(request.path)) {
    co_return co_await enrolment_rpc.handle(request, peer);
  }
  if (request.path == "/healthz") co_return co_await health();
  if (request.path == "/session") {
    co_return wire::text_response(426, "a session is a WebSocket with a node's certificate");
  }
  if (request.path == "/") {
    co_return wire::text_response(
        200, settings.name + ": a joist-installer. Hosts join with `joistctl join`");
  }
  co_return wire::text_response(404, "nothing is here; Joist's calls are POST /joist.v1.…");
}

Task<Response> Installer::Parts::serve_metrics(const Request& request) {
  if (request.path == "/metrics") {
    std::string text = co_await metrics_text();
    co_return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                       .body = std::move(text)};
  }
  if (request.path == "/healthz") co_return co_await health();
  if (request.path == "/") {
    co_return Response{.content_type = "text/html; charset=utf-8",
                       .body =
                           "<!doctype html><title>joist-installer</title>"
                           "<h1>joist-installer</h1><p><a href=\"/metrics\">metrics</a> "
                           "<a href=\"/healthz\">health</a>\n"};
  }
  co_return wire::text_response(404, "nothing is here; /metrics and /healthz are");
}

Task<Response> Installer::Parts::serve_people(const Request& request, const Peer& peer) {
  if (people.serves(request.path)) co_return co_await people.handle(request, peer);
  co_return wire::text_response(404, "nothing is here; calls are POST /joist.v1.Fleet/…");
}

Task<Response> Installer::Parts::health() {
  const auto checked = co_await store.check();
  if (!checked) co_return wire::text_response(503, "store: " + checked.error().message);
  if (store.fault()) co_return wire::text_response(503, "the store " + *store.fault());
  co_return wire::text_response(200, "ok");
}

Task<std::string> Installer::Parts::metrics_text() {
  FleetGauges gauges{
      .connected = fleet.connected(),
      .authority_expire_seconds = seconds_since_1970(authority_certificate.not_after),
      .server_expire_seconds = seconds_since_1970(certificate.expire_time())};
  // Of a store that does not answer what it said last.
  const auto checked = co_await store.check();
  const StoreCounts& counts = checked ? *checked : store.counts();
  gauges.disconnected = counts.living - std::min(counts.living, gauges.connected);
  gauges.retired = counts.retired;
  gauges.open_tokens = counts.open_tokens;
  const wire::HttpCounters& seen = agents_server.counters();
  co_return metrics.text(gauges, {.open = seen.open,
                                  .connections = seen.connections,
                                  .rejected = seen.rejected,
                                  .requests = seen.requests,
                                  .bad_requests = seen.bad_requests,
                                  .tls_failures = seen.tls_failures});
}

Task<void> Installer::Parts::renew_certificate() {
  while (!stopped) {
    certificate_timer.expires_after(kCertificateCheck);
    boost::system::error_code stopping;
    co_await certificate_timer.async_wait(asio::redirect_error(asio::use_awaitable, stopping));
    if (stopped) co_return;
    auto context = certificate.renew(server_names(settings.certificate_names), clock.now().wall);
    if (!context) {
      log(Priority::Error, "cannot renew the server certificate", context.error());
    } else if (*context) {
      log(Priority::Notice, "renewed the server certificate");
      agents_server.replace_tls(std::move(*context));
    }
  }
}

Result<std::unique_ptr<Installer>> Installer::start(asio::io_context& io, Settings settings,
                                                    Places places, const Clock& clock) {
  if (auto made = make_directory(places.state_directory, 0700); !made) {
    return fail(made.error(), "start");
  }
  if (auto made = make_directory(places.run_directory, 0755); !made) {
    return fail(made.error(), "start");
  }
  auto lock = lock_state(places.state_directory);
  if (!lock) return fail(lock.error(), "start");
  auto store = Store::open(places.state_directory + "/installer.db");
  if (!store) return fail(store.error(), "start");
  auto authority =
      open_fitting_authority(places.state_directory, settings.name, *store, clock.now().wall);
  if (!authority) return fail(authority.error(), "start");
  auto shown = pki::parse_certificate(authority->certificate);
  if (!shown) return fail(shown.error(), "start");

  auto parts = std::make_unique<Parts>(io, std::move(settings), clock, std::move(*lock),
                                       std::move(*store), std::move(*authority), std::move(*shown));
  if (auto listening = parts->listen(places.run_directory); !listening) {
    return fail(listening.error(), "start");
  }
  return std::unique_ptr<Installer>(new Installer(std::move(parts)));
}

Installer::Installer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Installer::~Installer() { stop(); }

void Installer::reconfigure(Settings settings) {
  Settings& now = parts_->settings;
  std::string& restart_for = parts_->restart_for;
  restart_for.clear();
  const auto note = [&](bool changed, const char* key) {
    if (changed) restart_for += (restart_for.empty() ? "" : ", ") + std::string(key);
  };
  note(settings.name != now.name, "name");
  note(settings.listen != now.listen, "listen");
  note(settings.metrics_listen != now.metrics_listen, "metrics_listen");
  if (!restart_for.empty()) {
    log(Priority::Warning, "some of the config takes effect at the next start alone: restart",
        {{"keys", restart_for}});
  }
  settings.listen = now.listen;
  settings.metrics_listen = now.metrics_listen;
  settings.name = now.name;
  now = std::move(settings);
  parts_->fleet.set_silence_max(now.silence_max);
  parts_->sessions.set_sessions_max(now.sessions_max);
  parts_->agents_server.set_connections_max(now.sessions_max + kSpareConnections, kStrangersMax);
  parts_->enrolment.set_certificate_life(now.certificate_life);
  parts_->certificate_timer.cancel();  // looks at the names now
  parts_->metrics.config_load(true);
}

void Installer::note_bad_config() { parts_->metrics.config_load(false); }

std::string Installer::address() const { return parts_->agents_server.address(); }

std::string Installer::metrics_address() const { return parts_->metrics_server.address(); }

std::string Installer::status() const {
  std::string text = std::to_string(parts_->fleet.connected()) + " of " +
                     std::to_string(parts_->store.counts().living) + " nodes connected";
  if (const auto& fault = parts_->store.fault()) text += "; the store " + *fault;
  if (!parts_->restart_for.empty()) text += "; restart to change " + parts_->restart_for;
  return text;
}

wire::Task<bool> Installer::beat() {
  const auto checked = co_await parts_->store.check();
  co_return checked || parts_->store.moves();
}

wire::Task<void> Installer::leave() {
  const auto end = std::chrono::steady_clock::now() + kLeaveTime;
  parts_->fleet.close_all(kStops);
  asio::steady_timer timer(parts_->io);
  while (parts_->fleet.connected() > 0 && std::chrono::steady_clock::now() < end) {
    boost::system::error_code ignored;  // nobody cancels it
    timer.expires_after(kLeaveStep);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

void Installer::stop() {
  if (parts_->stopped) return;
  parts_->stopped = true;
  parts_->certificate_timer.cancel();
  parts_->fleet.close_all(kStops);
  parts_->agents_server.close();
  parts_->metrics_server.close();
  parts_->people_server.close();
}

}  // namespace joist::installer
