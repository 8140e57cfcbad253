// Serves the agent on a SOCK_SEQPACKET socket: one request a datagram, one
// answer each, one at a time on a connection.
//
// One thread that never waits for a disk: every probe, and every question for a disk's health,
// is a process with a deadline (probe_process.h, health_process.h). A probe that outlives its
// deadline is answered for, killed, and remembered until the kernel lets go of it; its disk is not
// touched again before that.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <list>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/seqpacket.h"
#include "base/unique_fd.h"
#include "helper/health_process.h"
#include "helper/probe_process.h"
#include "helper/refusal_log.h"

namespace joist::helper {

struct ServerLimits {
  uid_t agent_uid = 0;                // served besides root
  std::chrono::seconds idle{30};      // without a connection or a probe; 0: for ever
  std::chrono::seconds deadline{15};  // of a probe
  std::chrono::seconds silence{60};   // a connection may stay without a request
  std::chrono::seconds quiet{10};    // the same where others wait; below the agent's patience, 20 s
  std::size_t connections_max = 16;  // more wait in the socket's backlog
  std::size_t probes_max = 8;        // at once; more wait for one of them
  HealthProgram health;              // what asks disks for their health
};

class Server {
 public:
  // Blocks SIGTERM, SIGINT and SIGCHLD in this process and takes them from a
  // descriptor from then on. What its children leave behind becomes its own child.
  static Result<Server> make(UniqueFd listener, const ServerLimits& limits);

  // Until idle, SIGTERM or SIGINT. An error only where the kernel refuses to
  // wait: nothing that a peer or a disk does ends it.
  Result<void> run();

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Connection {
    UniqueFd fd;
    PeerCredentials peer;
    Time heard;  // a request, or answered one
    std::optional<ProbeProcess> probe;
  };

  // Killed, and not gone yet. What is killed goes at once, unless the kernel has it wait for a
  // disk.
  struct Leaving {
    ProbeProcess probe;
    Time since;
  };

  Server(UniqueFd listener, UniqueFd signals, const ServerLimits& limits)
      : listener_(std::move(listener)), signals_(std::move(signals)), limits_(limits) {}

  Result<void> serve_once();
  void accept_one();
  void take_signals();
  void reap();
  void take_request(Connection& connection);
  void start(Connection& connection, const v1::HelperRequest& request, Time now);
  void take_answer(Connection& connection, Time now);
  void expire(Time now);
  void give_up(ProbeProcess probe, Time now);
  bool hangs(const std::string& name, Time now) const;
  bool answer(Connection& connection, const Error& error);
  void send(Connection& connection, std::string_view datagram);
  bool room_for_probe() const;
  bool full() const { return connections_.size() >= limits_.connections_max; }
  Connection* quietest(Time now);
  std::size_t probes_running() const;
  std::chrono::milliseconds next_deadline(Time now) const;
  bool is_idle(Time now) const;

  UniqueFd listener_;
  UniqueFd signals_;
  ServerLimits limits_;
  std::list<Connection> connections_;
  std::list<Leaving> leaving_;
  RefusalLog refusals_;
  Time busy_until_ = std::chrono::steady_clock::now();
  bool stopping_ = false;
};

}  // namespace joist::helper
