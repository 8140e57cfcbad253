#include "installer/node_session.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>

#include "base/message_rules.h"
#include "base/printable.h"
#include "base/sha256.h"
#include "base/wall_time.h"

namespace joist::installer {
namespace {

using google::protobuf::util::TimeUtil;

constexpr std::size_t kIdBytesMax = 64;  // a UUID has 36
constexpr std::size_t kVersionBytesMax = 64;
constexpr std::size_t kReasonMax = 1024;  // Goodbye.reason

SessionStep ended(SessionEnd end, std::string reason) {
  SessionStep step{.end = end, .reason = reason};
  step.replies.push_back(goodbye(reason));
  return step;
}

bool is_id(const std::string& text) {
  return !text.empty() && text.size() <= kIdBytesMax &&
         std::ranges::all_of(text, [](char letter) { return letter > ' ' && letter < 0x7f; });
}

}  // namespace

v1::InstallerFrame goodbye(const std::string& reason) {
  v1::InstallerFrame frame;
  frame.mutable_goodbye()->set_reason(printable(reason, kReasonMax));
  return frame;
}

NodeSession::NodeSession(v1::Report held, std::function<bool(const std::string&)> is_superseded,
                         SessionPace pace, ReportLimits limits)
    : report_(std::move(held)),
      is_superseded_(std::move(is_superseded)),
      pace_(pace),
      limits_(limits),
      frames_left_(pace.burst_frames) {}

// A token bucket on the boot clock. False: nothing left.
bool NodeSession::spend(const Moment& now) {
  if (refilled_) {
    const std::chrono::duration<double> passed = now.boot - *refilled_;
    frames_left_ = std::min(pace_.burst_frames,
                            frames_left_ + std::max(passed.count(), 0.0) * pace_.frames_per_second);
  }
  refilled_ = now.boot;
  frames_left_ -= 1;
  return frames_left_ >= 0;
}

SessionStep NodeSession::on_frame(std::string_view bytes, const Moment& now) {
  if (!spend(now)) return ended(SessionEnd::TooMany, "too many frames");
  v1::AgentFrame frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return ended(SessionEnd::Malformed, "a frame that is no joist.v1.AgentFrame");
  }
  if (const auto good = check_rules(frame); !good) {
    return ended(SessionEnd::BreaksRules,
                 "a frame breaks the rules of joist.v1: " + good.error().message);
  }
  const auto kind = frame.frame_case();
  const bool hello = kind == v1::AgentFrame::kHello;
  if (hello == greeted_) {
    return ended(SessionEnd::Malformed,
                 hello ? "Hello for a second time" : "the first frame is not Hello");
  }
  SessionStep step;
  switch (kind) {
    case v1::AgentFrame::kHello:
      step = on_hello(frame.hello(), now);
      break;
    case v1::AgentFrame::kDelta:
      step = on_delta(frame.delta());
      break;
    case v1::AgentFrame::kHeartbeat:
      step = on_heartbeat(frame.heartbeat());
      break;
    case v1::AgentFrame::kGoodbye:
      return {.end = SessionEnd::Goodbye,
              .reason = "the agent ended it: " + printable(frame.goodbye().reason(), kReasonMax)};
    case v1::AgentFrame::FRAME_NOT_SET: {
      // A newer agent may have more kinds of frames; an empty one is nobody's.
      const auto& unknown = frame.GetReflection()->GetUnknownFields(frame);
      if (unknown.empty()) return ended(SessionEnd::Malformed, "an empty frame");
      break;
    }
  }
  const bool hurried = frames_left_ < pace_.slow_down_frames;
  if (hurried && !asked_to_slow_down_ && step.end == SessionEnd::None) {
    v1::InstallerFrame pace;
    *pace.mutable_pace()->mutable_interval() =
        TimeUtil::SecondsToDuration(pace_.pace_interval.count());
    step.replies.push_back(std::move(pace));
  }
  asked_to_slow_down_ = hurried;
  return step;
}

SessionStep NodeSession::on_hello(const v1::Hello& hello, const Moment& now) {
  const bool digest_fits =
      hello.acked_digest().empty() || hello.acked_digest().size() == kSha256Bytes;
  if (!is_id(hello.boot_id()) || !is_id(hello.epoch()) || !digest_fits) {
    return ended(SessionEnd::Malformed, "Hello without a boot_id, an epoch or a proper digest");
  }
  if (is_superseded_(hello.epoch())) {
    return ended(SessionEnd::Stale,
                 "a later run of this node's agent has reported: is this host a copy of another? "
                 "Restart joist-agent, or join it under a name of its own");
  }
  greeted_ = true;
  boot_id_ = hello.boot_id();
  epoch_ = hello.epoch();
  agent_version_ = printable(hello.agent_version(), kVersionBytesMax);

  SessionStep step;
  v1::InstallerFrame frame;
  frame.mutable_welcome()->set_holds_acked(!report_.digest().empty() &&
                                           hello.acked_digest() == report_.digest());
  *frame.mutable_welcome()->mutable_server_time() = to_timestamp(now.wall);
  step.replies.push_back(std::move(frame));
  return step;
}

SessionStep NodeSession::on_delta(const v1::Delta& delta) {
  const bool same_run = report_.epoch() == epoch_;
  if (delta.seq() == 0 || (same_run && delta.seq() <= report_.seq())) {
    return ended(SessionEnd::Stale, "delta " + std::to_string(delta.seq()) + " after report " +
                                        std::to_string(report_.seq()) +
                                        ": replayed, or out of order");
  }
  auto next = apply(report_, delta, limits_);
  if (!next && next.error().code == ErrorCode::Refused) return need_full(next.error().message);
  if (!next) return ended(SessionEnd::Malformed, next.error().message);
  report_ = std::move(*next);
  report_.set_boot_id(boot_id_);
  report_.set_epoch(epoch_);
  SessionStep step = acknowledge();
  step.report_changed = true;
  return step;
}

SessionStep NodeSession::on_heartbeat(const v1::Heartbeat& heartbeat) {
  if (heartbeat.digest() == report_.digest()) return acknowledge();
  return need_full("the heartbeat vouches for another report than is held");
}

SessionStep NodeSession::acknowledge() {
  need_full_count_ = 0;
  SessionStep step;
  v1::InstallerFrame frame;
  frame.mutable_ack()->set_seq(report_.seq());
  frame.mutable_ack()->set_digest(report_.digest());
  step.replies.push_back(std::move(frame));
  return step;
}

SessionStep NodeSession::need_full(std::string reason) {
  if (++need_full_count_ > pace_.need_full_max) {
    return ended(SessionEnd::Malformed, "asked for all of the report in vain: " + reason);
  }
  SessionStep step;
  v1::InstallerFrame frame;
  frame.mutable_need_full()->set_reason(std::move(reason));
  step.replies.push_back(std::move(frame));
  return step;
}

}  // namespace joist::installer
