#include "agent/report_feed.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>

#include "base/report.h"

namespace joist::agent {
namespace {

using google::protobuf::util::TimeUtil;
using Duration = std::chrono::steady_clock::duration;

// So that a burst of changes is one delta. The installer may ask for more.
constexpr std::chrono::seconds kPace{1};
constexpr std::chrono::minutes kPaceMax{10};

}  // namespace

ReportFeed::ReportFeed(std::string boot_id, std::string epoch, std::string agent_version)
    : agent_version_(std::move(agent_version)), pace_(kPace) {
  current_.set_boot_id(std::move(boot_id));
  current_.set_epoch(std::move(epoch));
}

void ReportFeed::update(v1::Report report) {
  if (report.digest() == current_.digest()) return;
  current_.mutable_items()->Swap(report.mutable_items());
  current_.set_digest(report.digest());
}

v1::Hello ReportFeed::hello() {
  in_flight_.reset();
  v1::Hello hello;
  hello.set_boot_id(current_.boot_id());
  hello.set_epoch(current_.epoch());
  hello.set_acked_digest(acked_.digest());
  hello.set_agent_version(agent_version_);
  return hello;
}

void ReportFeed::on_welcome(const v1::Welcome& welcome) {
  if (!welcome.holds_acked()) acked_.Clear();
  pace_ = kPace;
  next_delta_ = {};
}

std::optional<v1::Delta> ReportFeed::next(SteadyTime now) {
  const bool told = acked_.digest() == current_.digest();
  if (told || in_flight_ || now < next_delta_) return std::nullopt;

  v1::Delta delta = diff(acked_, current_);
  delta.set_seq(++last_seq_);
  auto result = apply(acked_, delta);
  if (!result) return std::nullopt;  // cannot be: both sides use the same algebra
  in_flight_ = std::move(*result);
  next_delta_ = now + pace_;
  return delta;
}

std::optional<SteadyTime> ReportFeed::next_due() const {
  if (in_flight_ || acked_.digest() == current_.digest()) return std::nullopt;
  return next_delta_;
}

std::optional<v1::Heartbeat> ReportFeed::heartbeat() const {
  if (in_flight_ || acked_.digest().empty()) return std::nullopt;
  v1::Heartbeat heartbeat;
  heartbeat.set_seq(acked_.seq());
  heartbeat.set_digest(acked_.digest());
  return heartbeat;
}

Result<void> ReportFeed::on_ack(const v1::Ack& ack) {
  if (in_flight_ && ack.digest() == in_flight_->digest()) {
    acked_ = std::move(*in_flight_);
    in_flight_.reset();
    return {};
  }
  // The answer to a heartbeat; one that was overtaken by a delta included.
  if (ack.digest() == acked_.digest()) return {};
  return fail(ErrorCode::Malformed,
              "the installer acknowledged a report that was never sent (seq " +
                  std::to_string(ack.seq()) + ")");
}

void ReportFeed::on_need_full() {
  acked_.Clear();
  in_flight_.reset();
}

void ReportFeed::on_pace(const v1::Pace& pace) {
  const auto asked = std::chrono::nanoseconds(TimeUtil::DurationToNanoseconds(pace.interval()));
  pace_ = std::clamp<Duration>(asked, kPace, kPaceMax);
}

}  // namespace joist::agent
