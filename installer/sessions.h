// The sessions of all nodes: gives each a NodeSession, the store and the fleet.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "installer/fleet.h"
#include "installer/metrics.h"
#include "installer/node_session.h"
#include "installer/store_worker.h"
#include "wire/asio.h"
#include "wire/frame_socket.h"
#include "wire/http.h"

namespace joist::installer {

class Sessions {
 public:
  // All must outlive this.
  Sessions(StoreWorker& store, Fleet& fleet, Metrics& metrics, const Clock& clock,
           std::size_t sessions_max)
      : store_(store),
        fleet_(fleet),
        metrics_(metrics),
        clock_(clock),
        sessions_max_(sessions_max) {}

  // Judged before the upgrade: why `peer` gets no session. 401 without a node's
  // certificate, 403 with one that no longer counts, 503 for one too many.
  wire::Task<std::optional<wire::Response>> refuse(const wire::Peer& peer);

  // One session, from its Hello to its end.
  wire::Task<void> run(wire::FrameSocket& socket, const wire::Peer& peer);

  void set_sessions_max(std::size_t sessions_max) { sessions_max_ = sessions_max; }

 private:
  class Connected;
  struct Course;
  struct Ending {
    std::string reason;  // as metrics name it
    std::string message;
  };
  wire::Task<Ending> exchange(wire::FrameSocket& socket, const Identity& identity,
                              const wire::Peer& peer, Course& course);
  wire::Task<Result<NodeSession>> begin(const std::string& uid);
  void ask_for_heartbeats(SessionStep& step) const;
  wire::Task<Result<void>> keep(const std::string& uid, const v1::Report& report, WallTime now);
  wire::Task<Ending> give_up(wire::FrameSocket& socket, std::string_view reason,
                             std::string message);
  wire::Task<bool> send_all(wire::FrameSocket& socket, std::vector<v1::InstallerFrame> frames);

  StoreWorker& store_;
  Fleet& fleet_;
  Metrics& metrics_;
  const Clock& clock_;
  std::size_t sessions_max_;
};

}  // namespace joist::installer
