// The session with the installer: opens it, keeps it, opens it again; says what
// changed, answers for what did not; renews the host's certificate in time.
//
//   run():  not joined -> connecting -> connected -> waiting -> connecting …
//
// What to say is decided by ReportFeed, which has no I/O; here are the socket
// and the clock. While there is no session, the host is watched all the same.
// Threads: the control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "agent/config.h"
#include "agent/identity.h"
#include "agent/pulse.h"
#include "agent/report_feed.h"
#include "agent/worker.h"
#include "base/clock.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/host.pb.h"
#include "wire/asio.h"
#include "wire/frame_socket.h"
#include "wire/tls.h"

namespace joist::agent {

// Since the start, for the agent's own metrics.
struct SessionCounters {
  std::uint64_t attempts = 0;
  std::uint64_t sessions = 0;  // attempts that led to a session
  std::uint64_t deltas = 0;
  std::uint64_t heartbeats = 0;
  std::uint64_t full_reports_asked = 0;  // NeedFull
  std::uint64_t renewals = 0;
  std::uint64_t renewal_failures = 0;
};

class Session {
 public:
  // All must outlive it. `on_change` is called when status() changed.
  Session(wire::asio::io_context& io, const IdentityStore& store, const Config& config,
          const Clock& clock, ReportFeed& feed, Pulse& pulse, std::function<void()> on_change);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Reads who this host is. Blocks: at the start, before anybody waits for this thread. A
  // damaged identity is no reason not to start: it shows as not joined, with the error.
  void load_identity();

  // The same again, on a worker. One that is in use is given up for another alone.
  void reload_identity();

  // Until stop().
  wire::Task<void> run();

  // Joins, replaces the identity and begins a session with it. One at a time:
  // Refused while another is under way, and where this host has joined already,
  // unless `anew` or that installer does not take it any more.
  wire::Task<Result<v1::JoinResponse>> join(v1::JoinRequest request, v1::Host host);

  // The report may have changed.
  void wake();

  // The settings changed: if the endpoint did, begin anew.
  void reconsider();

  // Ends the session with a Goodbye, within a second, and run().
  wire::Task<void> leave();
  void stop();

  v1::SessionStatus status() const;
  // Whether the last attempt failed because the installer does not take this host.
  bool refused() const { return refused_; }

  const SessionCounters& counters() const { return counters_; }
  const std::optional<Identity>& identity() const { return identity_; }
  const Worker& worker() const { return keeper_; }

 private:
  struct Link;  // one session's socket, shared with the task that reads it

  wire::Task<Error> converse();
  wire::Task<Result<std::shared_ptr<Link>>> open();
  wire::Task<Error> serve(std::shared_ptr<Link> link);
  wire::Task<void> read(std::shared_ptr<Link> link);
  Result<void> take(const std::string& message);
  wire::Task<Result<void>> send_next(Link& link);
  wire::Task<void> renew_certificate();
  wire::Task<Result<void>> save(const Identity& identity);
  wire::Task<Result<void>> check_writable();
  wire::Task<void> sleep_until(SteadyTime time);

  void adopt(Result<std::optional<Identity>> loaded);
  void replace_identity(Identity identity);
  Result<void> may_join(const v1::JoinRequest& request) const;
  wire::Task<void> say_goodbye(std::shared_ptr<Link> link);
  void disconnected(const Error& why);
  void restart(std::string why);
  void set_state(v1::SessionState state, std::string error);
  Result<wire::TlsContextPtr> tls_context() const;
  std::string endpoint() const;
  std::string explained(const Error& error) const;
  double random() { return std::uniform_real_distribution<double>(0, 1)(generator_); }

  const IdentityStore& store_;
  const Config& config_;
  const Clock& clock_;
  ReportFeed& feed_;
  Pulse& pulse_;
  Pulse::Loop loop_;
  std::function<void()> on_change_;
  Worker keeper_;  // of the identity's file
  bool reading_identity_ = false;
  bool read_identity_again_ = false;  // when that is through
  std::mt19937 generator_;
  wire::asio::steady_timer timer_;  // what run() sleeps on
  wire::asio::steady_timer left_;   // what leave() waits by

  std::optional<Identity> identity_;
  std::string identity_error_;
  WallTime renew_at_{};
  SteadyTime renew_not_before_{};
  std::string connected_endpoint_;
  std::string logged_error_;  // told once, until there is a session or another error
  std::shared_ptr<Link> link_;

  v1::SessionStatus status_;
  SteadyTime retry_at_{};
  SessionCounters counters_;
  unsigned failures_ = 0;
  bool restart_ = false;
  std::string restart_why_;  // for the Goodbye
  bool stopping_ = false;
  bool joining_ = false;
  bool refused_ = false;
};

}  // namespace joist::agent
