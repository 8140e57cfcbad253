// What to tell the installer next. Keeps three reports: the current one, the one
// on its way, and the one the installer acknowledged.
//
//   update() --current--> next() --in flight--> on_ack() --acked-->
//
// One delta is under way at a time, from the acknowledged report to the current
// one: whatever happened meanwhile, and however often, costs one more delta. A
// lost session loses nothing but the delta in flight.
//
// Pure: no I/O; time is an argument. Threads: the caller's one.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "agent/pulse.h"
#include "base/result.h"
#include "joist/v1/report.pb.h"
#include "joist/v1/session.pb.h"

namespace joist::agent {

class ReportFeed {
 public:
  // `boot_id` and `epoch` as in joist.v1.Report.
  ReportFeed(std::string boot_id, std::string epoch, std::string agent_version);

  // The host as it is now; `report` needs no more than its items.
  void update(v1::Report report);

  // The session's first frame. Forgets what was in flight.
  v1::Hello hello();
  void on_welcome(const v1::Welcome& welcome);

  // The delta to send now, if there is one and the pace allows it.
  std::optional<v1::Delta> next(SteadyTime now);

  // When next() should be asked again; nullopt: after the next event.
  std::optional<SteadyTime> next_due() const;

  // The heartbeat to send now; nullopt while a delta is under way or nothing
  // was acknowledged: then the answer to that is what both wait for.
  std::optional<v1::Heartbeat> heartbeat() const;

  // Malformed: an acknowledgement of what was not sent; the session must end.
  Result<void> on_ack(const v1::Ack& ack);
  void on_need_full();
  void on_pace(const v1::Pace& pace);

  std::uint64_t acked_seq() const { return acked_.seq(); }
  const v1::Report& current() const { return current_; }

 private:
  std::string agent_version_;
  v1::Report current_;
  v1::Report acked_;  // no digest: nothing
  std::uint64_t last_seq_ = 0;
  std::optional<v1::Report> in_flight_;
  std::chrono::steady_clock::duration pace_;
  SteadyTime next_delta_{};
};

}  // namespace joist::agent
