#include "agent/session.h"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <utility>

#include "agent/backoff.h"
#include "agent/enrolment.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/wall_time.h"
#include "host/time.h"
#include "joist/v1/session.pb.h"
#include "pki/authority.h"
#include "wire/http_client.h"

namespace joist::agent {
namespace {

using std::chrono::seconds;
using wire::Task;
using SteadyClock = std::chrono::steady_clock;

constexpr seconds kConnectTimeout{15};
constexpr seconds kBeat{30};           // run() comes by at least this often
constexpr seconds kLoopDeadline{120};  // connecting, renewing and sending are all bounded below
constexpr seconds kLastingSession{5};  // after which a lost one is tried again soon
constexpr seconds kRenewalRetry{300};
constexpr seconds kSaveDeadline{30};
constexpr std::size_t kErrorMax = 512;
constexpr int kMissedHeartbeats = 3;
constexpr seconds kAnswerTime{5};
constexpr seconds kGoodbyeTime{1};

std::mt19937 seeded_generator() {
  std::random_device seed;
  return std::mt19937(seed());
}

// From its issue on, which not_before precedes.
SteadyClock::duration lasts(const Identity& identity) {
  return std::chrono::duration_cast<SteadyClock::duration>(identity.not_after -
                                                           identity.not_before - pki::kBackdated);
}

std::string to_bytes(const v1::AgentFrame& frame) { return frame.SerializeAsString(); }

}  // namespace

struct Session::Link {
  std::unique_ptr<wire::FrameSocket> socket;
  SteadyClock::duration heartbeat{};
  SteadyTime next_heartbeat;
  std::optional<Error> ended;  // set by the task that reads, which is then gone
};

Session::Session(wire::asio::io_context& io, const IdentityStore& store, const Config& config,
                 const Clock& clock, ReportFeed& feed, Pulse& pulse,
                 std::function<void()> on_change)
    : store_(store),
      config_(config),
      clock_(clock),
      feed_(feed),
      pulse_(pulse),
      loop_(pulse.add("session", kLoopDeadline, SteadyClock::now())),
      on_change_(std::move(on_change)),
      keeper_(io, "identity", 2),
      generator_(seeded_generator()),
      timer_(io),
      left_(io) {
  status_.set_state(v1::SESSION_STATE_NOT_JOINED);
  *status_.mutable_since() = to_timestamp(clock_.now().wall);
}

Session::~Session() = default;

void Session::load_identity() { adopt(store_.load()); }

void Session::reload_identity() {
  if (std::exchange(reading_identity_, true)) {
    read_identity_again_ = true;
    return;
  }
  const std::string before = identity_ ? identity_->certificate : "";
  const auto read = [this, before](const std::exception_ptr& error,
                                   Result<std::optional<Identity>> loaded) {
    if (error) std::rethrow_exception(error);
    // Joined or renewed meanwhile: what was read is of before.
    if (before == (identity_ ? identity_->certificate : "")) adopt(std::move(loaded));
    reading_identity_ = false;
    if (std::exchange(read_identity_again_, false)) reload_identity();
  };
  std::function<Result<std::optional<Identity>>()> job = [store = store_] { return store.load(); };
  wire::asio::co_spawn(timer_.get_executor(),
                       keeper_.run<std::optional<Identity>>(std::move(job), kSaveDeadline), read);
}

void Session::adopt(Result<std::optional<Identity>> loaded) {
  if (!loaded) {
    log(Priority::Error,
        identity_ ? "this host's identity cannot be read again; the one in use stays"
                  : "this host's identity cannot be used",
        loaded.error());
    if (identity_) return;
    identity_error_ = loaded.error().message;
    set_state(v1::SESSION_STATE_NOT_JOINED, identity_error_);
    return;
  }
  if (!*loaded) {
    identity_error_.clear();  // of a file that is there no more
    if (!identity_) set_state(v1::SESSION_STATE_NOT_JOINED, "");
    return;
  }
  const Identity& found = **loaded;
  if (identity_ && identity_->certificate == found.certificate &&
      identity_->endpoint == found.endpoint) {
    return;
  }
  replace_identity(std::move(**loaded));
  set_state(v1::SESSION_STATE_CONNECTING, "");
  restart("this host was given another identity");
}

// On the worker: a disk that syncs for long holds up nothing but this.
Task<Result<void>> Session::save(const Identity& identity) {
  std::function<Result<void>()> job = [store = store_, identity] { return store.save(identity); };
  co_return co_await keeper_.run(std::move(job), kSaveDeadline);
}

Task<Result<void>> Session::check_writable() {
  std::function<Result<void>()> job = [store = store_] { return store.check_writable(); };
  co_return co_await keeper_.run(std::move(job), kSaveDeadline);
}

void Session::replace_identity(Identity identity) {
  renew_at_ = renewal_time(identity.not_before + pki::kBackdated, identity.not_after, random());
  renew_not_before_ = {};
  identity_ = std::move(identity);
  identity_error_.clear();
}

std::string Session::endpoint() const {
  const std::string& configured = config_.spec().installer().endpoint();
  return configured.empty() && identity_ ? identity_->endpoint : configured;
}

void Session::set_state(v1::SessionState state, std::string error) {
  error = printable(error, kErrorMax);  // what a stranger answered may be in it
  const bool same = state == status_.state() && error == status_.error();
  if (state != status_.state()) *status_.mutable_since() = to_timestamp(clock_.now().wall);
  status_.set_state(state);
  status_.set_error(std::move(error));
  if (!same) on_change_();
}

v1::SessionStatus Session::status() const {
  v1::SessionStatus status = status_;
  status.set_endpoint(endpoint());
  status.set_acked_seq(feed_.acked_seq());
  if (status.state() == v1::SESSION_STATE_WAITING) {
    const auto left = std::max(retry_at_ - SteadyClock::now(), SteadyClock::duration::zero());
    *status.mutable_retry_in() = to_duration(left);
  }
  if (identity_) {
    status.set_node_name(printable(identity_->node_name, kErrorMax));
    if (identity_->join_time) *status.mutable_join_time() = to_timestamp(*identity_->join_time);
    *status.mutable_certificate_expire_time() = to_timestamp(identity_->not_after);
  }
  return status;
}

void Session::wake() { timer_.cancel(); }

void Session::restart(std::string why) {
  restart_ = true;
  restart_why_ = std::move(why);
  failures_ = 0;
  wake();
}

void Session::reconsider() {
  if (endpoint() != connected_endpoint_) restart("another installer is configured");
}

Task<void> Session::leave() {
  if (!link_) {
    stop();
    co_return;
  }
  stopping_ = true;
  wake();
  left_.expires_after(kGoodbyeTime);
  boost::system::error_code left;
  co_await left_.async_wait(wire::asio::redirect_error(wire::asio::use_awaitable, left));
  stop();
}

void Session::stop() {
  stopping_ = true;
  if (link_) link_->socket->close();
  wake();
}

Task<void> Session::sleep_until(SteadyTime time) {
  timer_.expires_at(time);
  boost::system::error_code woken;
  co_await timer_.async_wait(wire::asio::redirect_error(wire::asio::use_awaitable, woken));
}

Task<void> Session::run() {
  while (!stopping_) {
    pulse_.beat(loop_, SteadyClock::now());
    restart_ = false;
    if (!identity_) {
      set_state(v1::SESSION_STATE_NOT_JOINED, identity_error_);
      co_await sleep_until(SteadyClock::now() + kBeat);
      continue;
    }
    const SteadyTime began = SteadyClock::now();
    const Error ended = co_await converse();
    if (stopping_) co_return;
    if (restart_) continue;

    if (ended.message != logged_error_) {
      log(Priority::Warning, "no session with the installer", ended, {{"endpoint", endpoint()}});
      logged_error_ = ended.message;
    }
    failures_ = SteadyClock::now() - began >= kLastingSession ? 0 : failures_ + 1;
    retry_at_ = SteadyClock::now() + backoff(failures_, random());
    refused_ = ended.code == ErrorCode::Unauthenticated;
    set_state(v1::SESSION_STATE_WAITING, explained(ended));
    while (!restart_ && !stopping_ && SteadyClock::now() < retry_at_) {
      pulse_.beat(loop_, SteadyClock::now());
      co_await sleep_until(std::min(retry_at_, SteadyClock::now() + kBeat));
    }
  }
}

// What the person can do, where there is something.
std::string Session::explained(const Error& error) const {
  if (identity_ && clock_.now().wall > identity_->not_after) {
    return error.message + "; this host's certificate has expired: join again with a new token";
  }
  const bool advised = error.message.find("join again") != std::string::npos;
  if (error.code == ErrorCode::Unauthenticated && !advised) {
    return error.message + "; if the node was retired, join again with a new token";
  }
  return error.message;
}

Result<wire::TlsContextPtr> Session::tls_context() const {
  const auto time = host::observe_time();
  const bool clock_unknown = time && !time->synchronised;
  wire::TlsIdentity identity{.certificate = identity_->certificate,
                             .key = identity_->key,
                             .authority = identity_->authority};
  return wire::session_context(identity, clock_unknown ? wire::Dates::Ignore : wire::Dates::Judge);
}

Task<Error> Session::converse() {
  set_state(v1::SESSION_STATE_CONNECTING, status_.error());
  ++counters_.attempts;
  auto link = co_await open();
  if (!link) co_return link.error();
  if (restart_ || stopping_) co_return Error{ErrorCode::Unavailable, "begun anew"};

  ++counters_.sessions;
  refused_ = false;
  logged_error_.clear();
  link_ = *link;
  set_state(v1::SESSION_STATE_CONNECTED, "");
  log(Priority::Info, "in session with the installer", {{"endpoint", connected_endpoint_}});
  Error ended = co_await serve(*link);
  link_.reset();
  left_.cancel();
  disconnected(ended);
  co_return ended;
}

// Why a session ended that had begun.
void Session::disconnected(const Error& why) {
  status_.set_disconnect_reason(printable(why.message, kErrorMax));
  *status_.mutable_disconnect_time() = to_timestamp(clock_.now().wall);
}

// Tells the installer why, unless it does not listen.
Task<void> Session::say_goodbye(std::shared_ptr<Link> link) {
  v1::AgentFrame frame;
  frame.mutable_goodbye()->set_reason(stopping_ ? "joist-agent stops" : restart_why_);
  wire::asio::steady_timer patience(timer_.get_executor(), kGoodbyeTime);
  patience.async_wait([link](boost::system::error_code cancelled) {
    if (!cancelled) link->socket->close();
  });
  std::string bytes = to_bytes(frame);
  const auto sent = co_await link->socket->send(std::move(bytes));
  static_cast<void>(sent);  // the session ends either way
  patience.cancel();
}

// Up to the Welcome.
Task<Result<std::shared_ptr<Session::Link>>> Session::open() {
  connected_endpoint_ = endpoint();
  auto context = tls_context();
  if (!context) co_return tl::unexpected<Error>(context.error());
  const std::string target = connected_endpoint_;  // a setting may change it meanwhile
  std::string path = "/session";
  auto socket = co_await wire::connect_frames(target, *context, std::move(path), kConnectTimeout);
  if (!socket) co_return tl::unexpected<Error>(socket.error());

  auto link = std::make_shared<Link>();
  link->socket = std::move(*socket);
  v1::AgentFrame hello;
  *hello.mutable_hello() = feed_.hello();
  std::string bytes = to_bytes(hello);
  const auto sent = co_await link->socket->send(std::move(bytes));
  if (!sent) co_return tl::unexpected<Error>(sent.error());
  const auto answer = co_await link->socket->receive(kConnectTimeout);
  if (!answer) co_return tl::unexpected<Error>(answer.error());
  v1::InstallerFrame frame;
  if (!frame.ParseFromString(*answer)) {
    co_return fail(ErrorCode::Malformed, "the installer's first frame is no frame");
  }
  if (frame.has_goodbye()) {
    co_return fail(ErrorCode::Unavailable, "the installer ended it: " + frame.goodbye().reason());
  }
  if (!frame.has_welcome()) {
    co_return fail(ErrorCode::Malformed, "the installer's first frame is no Welcome");
  }
  feed_.on_welcome(frame.welcome());
  // The installer knows how long a silence it bears: beat at least that often.
  SteadyClock::duration interval = from_duration(config_.spec().installer().heartbeat());
  if (frame.welcome().has_heartbeat()) {
    interval =
        std::min<SteadyClock::duration>(interval, from_duration(frame.welcome().heartbeat()));
  }
  link->heartbeat = std::clamp<SteadyClock::duration>(interval, seconds(1), seconds(300));
  link->next_heartbeat = SteadyClock::now() + link->heartbeat;
  co_return link;
}

Task<Error> Session::serve(std::shared_ptr<Link> link) {
  std::optional<Error> unsent;  // what ended it, unless the reader was told before
  wire::asio::co_spawn(timer_.get_executor(), read(link), wire::rethrow);
  while (!link->ended && !restart_ && !stopping_) {
    pulse_.beat(loop_, SteadyClock::now());
    if (clock_.now().wall >= renew_at_ && SteadyClock::now() >= renew_not_before_ && !joining_) {
      co_await renew_certificate();
      continue;
    }
    const auto sent = co_await send_next(*link);
    if (sent) continue;
    if (!link->ended) unsent = sent.error();
    break;
  }
  const bool on_purpose = !unsent && !link->ended;
  if (on_purpose) co_await say_goodbye(link);
  link->socket->close();
  while (!link->ended) co_await sleep_until(SteadyClock::now() + kBeat);
  if (on_purpose && !stopping_) co_return Error{ErrorCode::Unavailable, restart_why_};
  co_return unsent ? *unsent : *link->ended;
}

// Sends what is due, or sleeps until something is.
Task<Result<void>> Session::send_next(Link& link) {
  const SteadyTime now = SteadyClock::now();
  v1::AgentFrame frame;
  if (auto delta = feed_.next(now)) {
    *frame.mutable_delta() = std::move(*delta);
    ++counters_.deltas;
  } else if (now >= link.next_heartbeat) {
    link.next_heartbeat = now + link.heartbeat;
    auto heartbeat = feed_.heartbeat();
    if (!heartbeat) co_return Result<void>();
    *frame.mutable_heartbeat() = std::move(*heartbeat);
    ++counters_.heartbeats;
  } else {
    SteadyTime due = std::min(link.next_heartbeat, now + kBeat);
    if (const auto next = feed_.next_due()) due = std::min(due, *next);
    co_await sleep_until(due);
    co_return Result<void>();
  }
  std::string bytes = to_bytes(frame);
  co_return co_await link.socket->send(std::move(bytes));
}

Task<void> Session::read(std::shared_ptr<Link> link) {
  std::optional<Error> error;
  while (!error) {
    const auto silence_max = kMissedHeartbeats * link->heartbeat + kAnswerTime;
    const SteadyTime asked = SteadyClock::now();
    const auto message = co_await link->socket->receive(silence_max);
    if (!message && SteadyClock::now() - asked >= silence_max) {
      const auto silence = std::chrono::duration_cast<seconds>(silence_max);
      error = Error{ErrorCode::Unavailable, "the installer said nothing for " +
                                                std::to_string(silence.count()) +
                                                " s, not even to heartbeats"};
    } else if (!message) {
      error = message.error();
    } else if (const auto taken = take(*message); !taken) {
      error = taken.error();
    }
    wake();
  }
  link->socket->close();
  link->ended = std::move(error);
  wake();
}

Result<void> Session::take(const std::string& message) {
  v1::InstallerFrame frame;
  if (!frame.ParseFromString(message)) {
    return fail(ErrorCode::Malformed, "a frame of the installer that is no frame");
  }
  switch (frame.frame_case()) {
    case v1::InstallerFrame::kAck:
      return feed_.on_ack(frame.ack());
    case v1::InstallerFrame::kNeedFull:
      ++counters_.full_reports_asked;
      log(Priority::Notice, "the installer asks for all of the report",
          {{"reason", frame.need_full().reason()}});
      feed_.on_need_full();
      return {};
    case v1::InstallerFrame::kPace:
      feed_.on_pace(frame.pace());
      return {};
    case v1::InstallerFrame::kGoodbye:
      return fail(ErrorCode::Unavailable, "the installer ended it: " + frame.goodbye().reason());
    case v1::InstallerFrame::kWelcome:
      return fail(ErrorCode::Malformed, "the installer welcomes twice");
    default:
      return {};  // a newer installer may know more frames
  }
}

Task<void> Session::renew_certificate() {
  auto context = tls_context();
  const Identity current = *identity_;
  std::string target = endpoint();
  Result<Identity> renewed = tl::unexpected<Error>(Error{ErrorCode::Io, "no TLS context"});
  if (!context) {
    renewed = tl::unexpected<Error>(context.error());
  } else {
    wire::TlsContextPtr owned = std::move(*context);
    renewed = co_await renew(current, std::move(target), std::move(owned));
  }
  // Joined anew, or about to be: what was renewed is nobody's, and must not be
  // kept over what is.
  const auto is_nobodys = [&] { return identity_->certificate != current.certificate; };
  if (joining_) renew_not_before_ = SteadyClock::now() + kBeat;
  if (joining_ || is_nobodys()) co_return;
  Result<void> saved;
  if (renewed) saved = co_await save(*renewed);
  if (is_nobodys()) co_return;
  if (renewed && saved) {
    ++counters_.renewals;
    log(Priority::Info, "this host's certificate is renewed", {{"node_uid", current.node_uid}});
    replace_identity(std::move(*renewed));
    // Whatever the wall clock says: a wrong one must not renew without end.
    renew_not_before_ = SteadyClock::now() + lasts(*identity_) / 2;
    restart("this host's certificate was renewed");  // shows at once that the new one is good
    co_return;
  }
  ++counters_.renewal_failures;
  const Error& error = renewed ? saved.error() : renewed.error();
  log(Priority::Warning, "this host's certificate could not be renewed yet", error);
  renew_not_before_ =
      SteadyClock::now() + std::min<SteadyClock::duration>(kRenewalRetry, lasts(current) / 20);
}

// Before the token is spent: whoever joins twice by mistake would leave a node behind that
// never reports again.
Result<void> Session::may_join(const v1::JoinRequest& request) const {
  const bool living = identity_ && !refused_ && clock_.now().wall <= identity_->not_after;
  if (!living || request.anew()) return {};
  std::string since;
  if (identity_->join_time) {
    const auto time = std::chrono::floor<seconds>(*identity_->join_time);
    since = " since " + google::protobuf::util::TimeUtil::ToString(to_timestamp(time));
  }
  return fail(ErrorCode::Refused,
              "this host has joined " + identity_->endpoint + " already, as " +
                  printable(identity_->node_name, kErrorMax) + " (" + identity_->node_uid + ")" +
                  since +
                  ". To join anew there: first joistctl node retire, on the installer; to join "
                  "another: joistctl join --anew. The token was not sent");
}

Task<Result<v1::JoinResponse>> Session::join(v1::JoinRequest request, v1::Host host) {
  if (joining_) co_return fail(ErrorCode::Refused, "this host is joining already");
  if (auto may = may_join(request); !may) co_return tl::unexpected<Error>(may.error());
  joining_ = true;
  const auto end = [](bool* joining) { *joining = false; };
  const std::unique_ptr<bool, decltype(end)> until_the_end(&joining_, end);
  // Before the token is spent: an identity that cannot be kept is lost.
  const auto room = co_await check_writable();
  if (!room) {
    co_return fail(room.error(), "this host's state cannot be written; the token is still good");
  }
  const std::string target = request.endpoint();
  std::string endpoint = request.endpoint();
  std::string token = request.token();
  auto identity =
      co_await enrol(std::move(endpoint), std::move(token), std::move(host), clock_.now().wall);
  if (!identity) {
    log(Priority::Warning, "this host could not join", identity.error(), {{"endpoint", target}});
    co_return tl::unexpected<Error>(identity.error());
  }
  const auto saved = co_await save(*identity);
  if (!saved) {
    log(Priority::Error, "this host's new identity could not be kept", saved.error());
    co_return fail(saved.error(), "the token is used, but the identity could not be kept");
  }
  v1::JoinResponse response;
  response.set_node_uid(identity->node_uid);
  *response.mutable_certificate_expire_time() = to_timestamp(identity->not_after);
  log(Priority::Notice, identity_ ? "this host joined anew" : "this host joined",
      {{"endpoint", target}, {"node_uid", identity->node_uid}});
  replace_identity(std::move(*identity));
  restart("this host joined anew");
  co_return response;
}

}  // namespace joist::agent
