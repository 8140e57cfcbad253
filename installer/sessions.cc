#include "installer/sessions.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <iterator>
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
    case SessionEnd::BreaksRules:
      return "BreaksRules";
    case SessionEnd::Goodbye:
      return "Goodbye";
    case SessionEnd::Stale:
      return "Stale";
    case SessionEnd::TooMany:
      return "TooManyFrames";
  }
  return "None";
}

}  // namespace

// Takes the session out of the fleet, whatever way it ends.
class Sessions::Connected {
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

// What becomes of a session besides its end.
struct Sessions::Course {
  // Only a Hello that is accepted takes the node's place: a stale copy of a host
  // must not end the session of the living one.
  std::optional<Connected> connected;
  std::optional<Ending> told;  // how this side ended it
};

wire::Task<std::optional<wire::Response>> Sessions::refuse(const wire::Peer& peer) {
  IdentityFault fault = IdentityFault::None;
  const auto identity = co_await fleet_.identify(peer.certificate, clock_.now().wall, fault);
  if (!identity) {
    metrics_.session_refused(fault == IdentityFault::None ? "Error" : name_of(fault));
    // Anybody can come without a certificate: that is no news.
    const bool anybody = fault == IdentityFault::NoCertificate;
    log(anybody ? Priority::Debug : Priority::Warning, "refused a session", identity.error(),
        {{"peer", peer.address}});
    const bool forbidden = identity.error().code == ErrorCode::Refused;
    const bool broken = fault == IdentityFault::None;
    co_return wire::text_response(broken ? 503 : forbidden ? 403 : 401, identity.error().message);
  }
  // A node that comes back takes its own place.
  const bool returns = fleet_.connection(identity->node.uid) != nullptr;
  if (!returns && fleet_.connected() >= sessions_max_) {
    metrics_.session_refused("TooManySessions");
    auto response = wire::text_response(
        503, "the installer has as many sessions as it may (sessions_max); try again later");
    response.headers.emplace_back("Retry-After", "30");
    co_return response;
  }
  co_return std::nullopt;
}

wire::Task<void> Sessions::run(wire::FrameSocket& socket, const wire::Peer& peer) {
  IdentityFault fault = IdentityFault::None;
  const auto identity = co_await fleet_.identify(peer.certificate, clock_.now().wall, fault);
  if (!identity) co_return;  // retired between the upgrade and now
  const std::string name = identity->node.name;
  Course course;
  Ending ending = co_await exchange(socket, *identity, peer, course);
  if (course.told) ending = *course.told;
  metrics_.session_ended(ending.reason);
  if (course.connected) fleet_.left(identity->node.uid, ending.message, clock_.now().wall);
  const bool expected =
      ending.reason == "Closed" || ending.reason == "Goodbye" || ending.reason == "Ended";
  log(expected ? Priority::Info : Priority::Warning, "session ended",
      {{"node", name},
       {"peer", peer.address},
       {"reason", ending.reason},
       {"error", ending.message}});
}

wire::Task<Result<NodeSession>> Sessions::begin(const std::string& uid) {
  struct Kept {
    Result<std::optional<StoredReport>> stored;
    std::vector<std::string> epochs;
  };
  const auto look_up = [uid](Store& store) -> Result<Kept> {
    auto epochs = store.epochs(uid);
    if (!epochs) return tl::unexpected<Error>(epochs.error());
    return Kept{store.report(uid), std::move(*epochs)};
  };
  auto kept = co_await store_.ask(look_up);
  // What cannot be looked up cannot be let in.
  if (!kept) co_return tl::unexpected<Error>(kept.error());
  v1::Report held;
  if (!kept->stored) {
    // It is only a copy: the agent has the original, and will be asked for it.
    log(Priority::Warning, "start without the stored report", kept->stored.error());
  } else if (*kept->stored) {
    held = std::move((*kept->stored)->report);
  }
  // A run that begins between here and its first report is found by save_report().
  const auto superseded = [epochs = std::move(kept->epochs)](const std::string& epoch) {
    const auto found = std::ranges::find(epochs, epoch);
    return found != epochs.end() && std::next(found) != epochs.end();
  };
  co_return NodeSession(std::move(held), superseded);
}

wire::Task<Sessions::Ending> Sessions::exchange(wire::FrameSocket& socket, const Identity& identity,
                                                const wire::Peer& peer, Course& course) {
  std::optional<Connected>& connected = course.connected;
  const std::string& uid = identity.node.uid;
  std::optional<NodeSession> session;  // from its first frame on
  metrics_.session_started();
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
      std::string message = "the node's certificate expired during the session";
      co_return co_await give_up(socket, "Expired", std::move(message));
    }
    if (!session) {
      auto begun = co_await begin(uid);
      if (!begun) {
        std::string message = begun.error().message;
        co_return co_await give_up(socket, "StoreFailed", std::move(message));
      }
      session.emplace(std::move(*begun));
    }
    SessionStep step = session->on_frame(*bytes, now);
    if (!connected && step.end == SessionEnd::None) {
      IdentityFault fault = IdentityFault::None;
      const auto still = co_await fleet_.identify(peer.certificate, now.wall, fault);
      if (!still) co_return Ending{"Replaced", still.error().message};
      connected.emplace(fleet_, uid,
                        fleet_.connect(uid, address_only(peer.address), now,
                                       [&](std::string_view reason, const std::string& why) {
                                         course.told = {std::string(reason), why};
                                         socket.close_saying(goodbye(why).SerializeAsString());
                                       }));
      log(Priority::Info, "session began", {{"node", identity.node.name}, {"peer", peer.address}});
      ask_for_heartbeats(step);
    }
    if (step.report_changed) {
      const auto kept = co_await keep(uid, session->report(), now.wall);
      if (!kept) {
        const bool stale = kept.error().code == ErrorCode::Refused;
        std::string message = kept.error().message;
        co_return co_await give_up(socket, stale ? "Stale" : "StoreFailed", std::move(message));
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

wire::Task<Result<void>> Sessions::keep(const std::string& uid, const v1::Report& report,
                                        WallTime now) {
  const auto save = [uid, report, now](Store& store) {
    return store.save_report(uid, report, now);
  };
  auto stored = co_await store_.ask(save);
  if (stored) metrics_.report_stored();
  co_return stored;
}

// Tells the agent why, as far as it listens.
wire::Task<Sessions::Ending> Sessions::give_up(wire::FrameSocket& socket, std::string_view reason,
                                               std::string message) {
  std::vector<v1::InstallerFrame> last;
  last.push_back(goodbye(message));
  co_await send_all(socket, std::move(last));
  co_return Ending{std::string(reason), std::move(message)};
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
