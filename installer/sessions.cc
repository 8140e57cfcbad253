#include "installer/sessions.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "base/log.h"
#include "installer/attempt_limiter.h"
#include "wire/rpc.h"

namespace joist::installer {
namespace {

// A node that connected and says nothing yet.
constexpr std::chrono::seconds kHelloTimeout{10};

std::string_view name_of(SessionEnd end) {
  switch (end) {
    case SessionEnd::None:
      return "None";
    case SessionEnd::Malformed:
      return "Malformed";
    case SessionEnd::Stale:
      return "Stale";
    case SessionEnd::TooMany:
      return "TooManyFrames";
  }
  return "None";
}

// Takes the session out of the fleet, whatever way it ends.
class Connected {
 public:
  Connected(Fleet& fleet, std::string uid, std::uint64_t number)
      : fleet_(fleet), uid_(std::move(uid)), number_(number) {}
  ~Connected() { fleet_.disconnect(uid_, number_); }

  std::uint64_t number() const { return number_; }

  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;

 private:
  Fleet& fleet_;
  std::string uid_;
  std::uint64_t number_;
};

}  // namespace

std::optional<wire::Response> Sessions::refuse(const wire::Peer& peer) {
  IdentityFault fault = IdentityFault::None;
  const auto identity = fleet_.identify(peer.certificate, clock_.now().wall, fault);
  if (!identity) {
    metrics_.session_refused(fault == IdentityFault::None ? "Error" : name_of(fault));
    // Anybody can come without a certificate: that is no news.
    const bool anybody = fault == IdentityFault::NoCertificate;
    log(anybody ? Priority::Debug : Priority::Warning, "refused a session", identity.error(),
        {{"peer", peer.address}});
    const bool forbidden = identity.error().code == ErrorCode::Refused;
    const bool broken = fault == IdentityFault::None;
    return wire::text_response(broken ? 500 : forbidden ? 403 : 401, identity.error().message);
  }
  // A node that comes back takes its own place.
  const bool returns = fleet_.connection(identity->node.uid) != nullptr;
  if (!returns && fleet_.connected() >= sessions_max_) {
    metrics_.session_refused("TooManySessions");
    auto response = wire::text_response(
        503, "the installer has as many sessions as it may (sessions_max); try again later");
    response.headers.emplace_back("Retry-After", "30");
    return response;
  }
  return std::nullopt;
}

wire::Task<void> Sessions::run(wire::FrameSocket& socket, const wire::Peer& peer) {
  IdentityFault fault = IdentityFault::None;
  const auto identity = fleet_.identify(peer.certificate, clock_.now().wall, fault);
  if (!identity) co_return;  // retired between the upgrade and now
  const std::string name = identity->node.name;
  const Ending ending = co_await exchange(socket, *identity, peer);
  metrics_.session_ended(ending.reason);
  log(ending.reason == "Closed" ? Priority::Info : Priority::Warning, "session ended",
      {{"node", name},
       {"peer", peer.address},
       {"reason", ending.reason},
       {"error", ending.message}});
}

NodeSession Sessions::begin(const std::string& uid) {
  v1::Report held;
  if (auto stored = store_.report(uid); !stored) {
    // It is only a copy: the agent has the original, and will be asked for it.
    log(Priority::Warning, "start without the stored report", stored.error());
  } else if (*stored) {
    held = std::move((*stored)->report);
  }
  return NodeSession(std::move(held), [this, uid](const std::string& epoch) {
    const auto superseded = store_.is_superseded(uid, epoch);
    if (superseded) return *superseded;
    // What cannot be looked up cannot be let in.
    log(Priority::Error, "cannot tell whether a run of an agent is superseded", superseded.error());
    return true;
  });
}

wire::Task<Sessions::Ending> Sessions::exchange(wire::FrameSocket& socket, const Identity& identity,
                                                const wire::Peer& peer) {
  const std::string& uid = identity.node.uid;
  NodeSession session = begin(uid);
  metrics_.session_started();
  // Only a Hello that is accepted takes the node's place: a stale copy of a host
  // must not end the session of the living one.
  std::optional<Connected> connected;
  for (;;) {
    const std::chrono::milliseconds patience =
        connected ? fleet_.silence_max() : std::chrono::milliseconds(kHelloTimeout);
    const auto bytes = co_await socket.receive(patience);
    const Moment now = clock_.now();
    if (!bytes) {
      const bool malformed = bytes.error().code == ErrorCode::Malformed;
      co_return Ending{malformed ? "Malformed" : "Closed", bytes.error().message};
    }
    if (connected && !fleet_.heard(uid, connected->number(), now)) {
      co_return Ending{"Replaced", "another session of the node, or its retirement, ended this"};
    }
    metrics_.frames_received(1);
    if (now.wall >= identity.expire_time) {
      const std::string message = "the node's certificate expired during the session";
      std::vector<v1::InstallerFrame> last{goodbye(message)};
      co_await send_all(socket, std::move(last));
      co_return Ending{"Expired", message};
    }
    SessionStep step = session.on_frame(*bytes, now);
    if (!connected && step.end == SessionEnd::None) {
      IdentityFault fault = IdentityFault::None;
      if (const auto still = fleet_.identify(peer.certificate, now.wall, fault); !still) {
        co_return Ending{"Replaced", still.error().message};
      }
      connected.emplace(
          fleet_, uid,
          fleet_.connect(uid, address_only(peer.address), now, [&socket] { socket.close(); }));
      log(Priority::Info, "session began", {{"node", identity.node.name}, {"peer", peer.address}});
      ask_for_heartbeats(step);
    }
    if (step.report_changed) {
      if (auto kept = keep(uid, session.report(), now); !kept) {
        co_return Ending{"StoreFailed", kept.error().message};
      }
    }
    const bool sent = co_await send_all(socket, std::move(step.replies));
    if (step.end != SessionEnd::None) {
      co_return Ending{std::string(name_of(step.end)), step.reason};
    }
    if (!sent) co_return Ending{"Closed", "the node takes no frames"};
  }
}

// Four within the silence that would end the session.
void Sessions::ask_for_heartbeats(SessionStep& step) const {
  const auto interval = fleet_.silence_max() / 4;
  for (v1::InstallerFrame& frame : step.replies) {
    if (!frame.has_welcome()) continue;
    *frame.mutable_welcome()->mutable_heartbeat() =
        google::protobuf::util::TimeUtil::MillisecondsToDuration(interval.count());
  }
}

Result<void> Sessions::keep(const std::string& uid, const v1::Report& report, const Moment& now) {
  auto stored = store_.save_report(uid, report, now.wall);
  if (stored) metrics_.report_stored();
  return stored;
}

wire::Task<bool> Sessions::send_all(wire::FrameSocket& socket,
                                    std::vector<v1::InstallerFrame> frames) {
  for (const v1::InstallerFrame& frame : frames) {
    std::string bytes = frame.SerializeAsString();
    const auto sent = co_await socket.send(std::move(bytes));
    if (!sent) co_return false;
    metrics_.frames_sent(1);
  }
  co_return true;
}

}  // namespace joist::installer
