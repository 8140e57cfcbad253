// One node's session as a state machine: a frame in, frames out. Pure: no I/O,
// time is an argument; session.cc gives it a socket and a store.
//
//   Hello -> Welcome, then any number of: Delta -> Ack | NeedFull
//                                         Heartbeat -> Ack | NeedFull
//
// Reports are ordered by (epoch, seq): within one run of the agent seq grows,
// and a run that a later one has followed is refused. No clock of the host is
// looked at.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/report.h"
#include "joist/v1/report.pb.h"
#include "joist/v1/session.pb.h"

namespace joist::installer {

// How much a node may say. The agent sends a delta a second at most, and a
// heartbeat every ten; a burst is what it may save up.
struct SessionPace {
  double frames_per_second = 5;
  double burst_frames = 50;
  double slow_down_frames = 25;           // below this many left, Pace is sent
  std::chrono::seconds pace_interval{2};  // what Pace asks for
  int need_full_max = 4;                  // in a row; then the two never agree
};

// Why a session ended (Goodbye: the agent said so), for
// joist_installer_sessions_ended_total{reason}.
enum class SessionEnd { None, Malformed, BreaksRules, Stale, TooMany, Goodbye };

struct SessionStep {
  std::vector<v1::InstallerFrame> replies;  // in order

  // The report changed: it must be stored before the replies go out, so that
  // what was acknowledged is never forgotten.
  bool report_changed = false;

  SessionEnd end = SessionEnd::None;  // other than None: the session ends after the replies
  std::string reason;                 // of the end; for the journal, and in the Goodbye
};

class NodeSession {
 public:
  // `held` is the node's last report: empty, without a digest, if there is none.
  // `is_superseded(epoch)`: whether a later run of the agent has reported since.
  NodeSession(v1::Report held, std::function<bool(const std::string& epoch)> is_superseded,
              SessionPace pace = {}, ReportLimits limits = {});

  // What the bytes of one frame lead to. After an end no further frame is taken.
  SessionStep on_frame(std::string_view bytes, const Moment& now);

  const v1::Report& report() const { return report_; }
  const std::string& agent_version() const { return agent_version_; }

 private:
  SessionStep on_hello(const v1::Hello& hello, const Moment& now);
  SessionStep on_delta(const v1::Delta& delta);
  SessionStep on_heartbeat(const v1::Heartbeat& heartbeat);
  SessionStep need_full(std::string reason);
  SessionStep acknowledge();
  bool spend(const Moment& now);

  v1::Report report_;
  std::function<bool(const std::string&)> is_superseded_;
  SessionPace pace_;
  ReportLimits limits_;

  bool greeted_ = false;
  std::string boot_id_;
  std::string epoch_;
  std::string agent_version_;
  int need_full_count_ = 0;
  double frames_left_;
  bool asked_to_slow_down_ = false;
  std::optional<BootTime> refilled_;
};

// The frame that tells the agent why.
v1::InstallerFrame goodbye(const std::string& reason);

}  // namespace joist::installer
