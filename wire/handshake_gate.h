// How many TLS handshakes a server has under way at once, and how many with one
// peer. A handshake costs the server 90 KiB and a signature before the peer has
// proved anything; one that waits here costs neither.
//
// Places go to those who wait in the order they came, past those whose peer has
// all that one may have. Threads: those of the executor, which is one.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <string>

#include "wire/asio.h"

namespace joist::wire {

class HandshakeGate {
 public:
  // 0: as many as like.
  HandshakeGate(std::size_t handshakes_max, std::size_t per_peer_max)
      : handshakes_max_(handshakes_max), per_peer_max_(per_peer_max) {}

  // Waits for a place, `until` then at most. True: it has one, to be left() with the same name.
  // `peer` outlives the waiting.
  Task<bool> enter(const std::string& peer, std::chrono::steady_clock::time_point until);
  void leave(const std::string& peer);

  // Nobody waits any more, and nobody gets in.
  void close();

  std::size_t under_way() const { return under_way_; }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    std::string peer;
    asio::steady_timer timer;
    bool let_in = false;
  };

  bool has_room_for(const std::string& peer) const;
  void take(const std::string& peer);

  std::size_t handshakes_max_;
  std::size_t per_peer_max_;
  std::size_t under_way_ = 0;
  std::map<std::string, std::size_t> under_way_by_peer_;
  std::list<Waiting*> waiting_;  // in the order they came; each lives in its enter()
  bool closed_ = false;
};

}  // namespace joist::wire
