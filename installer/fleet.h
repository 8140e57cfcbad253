// Who is there: the nodes the store knows, and which of them have a session now.
// The one place that decides whether a certificate still speaks for a node.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "installer/store.h"
#include "installer/store_worker.h"
#include "wire/asio.h"

namespace joist::installer {

// A node with the certificate it proved itself with.
struct Identity {
  StoredNode node;
  std::string serial;    // of the certificate shown
  WallTime expire_time;  // of the certificate shown
};

// Ends a session: the reason as metrics name it, and why, for people and for the node.
using EndSession = std::function<void(std::string_view reason, const std::string& why)>;

struct Connection {
  std::uint64_t session = 0;  // tells this session from a later one of the node
  std::string address;        // "192.0.2.7:51344"
  Moment heard;               // last frame
  EndSession close;
};

// How a node's last session ended.
struct Departure {
  std::string why;
  WallTime time;
};

// Why a certificate is not taken, as metrics name it.
enum class IdentityFault {
  None,
  NoCertificate,
  NotANode,
  UnknownNode,
  Retired,
  Superseded,
  Expired
};
std::string_view name_of(IdentityFault fault);

// Pure: whether `certificate` (DER) may speak for `node`, which the store has
// under the certificate's uid.
struct JudgedCertificate {
  IdentityFault fault = IdentityFault::None;
  std::string uid;
  std::string serial;
  WallTime expire_time;
};
JudgedCertificate read_identity(const std::string& certificate, WallTime now);
IdentityFault judge_identity(const JudgedCertificate& shown, const std::optional<StoredNode>& node);

class Fleet {
 public:
  // `store` must outlive this. `started`: when this installer began to listen.
  Fleet(StoreWorker& store, std::chrono::milliseconds silence_max, Moment started);

  // The node that a client certificate speaks for. The certificate's chain was
  // verified by TLS. Unauthenticated: it speaks for none. Refused: the node is
  // retired, or has a newer certificate. `fault` says which, for metrics.
  wire::Task<Result<Identity>> identify(const std::string& certificate, WallTime now,
                                        IdentityFault& fault) const;

  // A session begins; a former one of the same node is closed. Returns its number.
  std::uint64_t connect(const std::string& uid, std::string address, const Moment& now,
                        EndSession close);

  // A frame came. False: another session has taken over, or the node was
  // retired; this one must end.
  bool heard(const std::string& uid, std::uint64_t session, const Moment& now);

  // The session is over; does nothing if another has taken its place.
  void disconnect(const std::string& uid, std::uint64_t session);

  // Ends every session, as on shutdown.
  void close_all(const std::string& why);

  // Why a session that began is over; for people.
  void left(const std::string& uid, std::string why, WallTime now);
  const Departure* departure(const std::string& uid) const;  // null: none since the start

  const Connection* connection(const std::string& uid) const;  // null: disconnected
  std::size_t connected() const { return connections_.size(); }

  // Ends the node's identity for good, and its session at once. `name_or_uid` as
  // Store::find_node().
  wire::Task<Result<StoredNode>> retire(std::string name_or_uid, WallTime now);

  // Ends the session of a node that is none any longer.
  void end_session(const std::string& uid);

  // How long until `node` may be taken for gone: 0 if it is. A node counts as
  // living while it is connected, until silence_max after it was last heard of,
  // and, if it joined before this installer started, until agents had the time
  // to come back (kReturnTime).
  std::chrono::seconds living_for(const StoredNode& node, const Moment& now) const;

  void set_silence_max(std::chrono::milliseconds silence_max) { silence_max_ = silence_max; }
  std::chrono::milliseconds silence_max() const { return silence_max_; }

  // Agents wait 60 s at most between attempts.
  static constexpr std::chrono::seconds kReturnTime{90};

 private:
  StoreWorker& store_;
  std::chrono::milliseconds silence_max_;
  Moment started_;
  std::uint64_t next_session_ = 1;
  std::map<std::string, Connection> connections_;  // by uid
  std::map<std::string, BootTime> last_heard_;     // of nodes that left; by uid
  std::map<std::string, Departure> departures_;    // by uid
};

}  // namespace joist::installer
