#include "wire/handshake_gate.h"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>

namespace joist::wire {

bool HandshakeGate::has_room_for(const std::string& peer) const {
  if (handshakes_max_ != 0 && under_way_ >= handshakes_max_) return false;
  const auto held = under_way_by_peer_.find(peer);
  return per_peer_max_ == 0 || held == under_way_by_peer_.end() || held->second < per_peer_max_;
}

void HandshakeGate::take(const std::string& peer) {
  ++under_way_;
  ++under_way_by_peer_[peer];
}

Task<bool> HandshakeGate::enter(const std::string& peer,
                                std::chrono::steady_clock::time_point until) {
  if (closed_) co_return false;
  // Whoever waits could not get in when a place was left last, and cannot now.
  if (has_room_for(peer)) {
    take(peer);
    co_return true;
  }
  const auto executor = co_await asio::this_coro::executor;
  Waiting one{peer, asio::steady_timer(executor, until)};
  const auto place = waiting_.insert(waiting_.end(), &one);
  boost::system::error_code woken;
  co_await one.timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  if (!one.let_in) waiting_.erase(place);
  co_return one.let_in;
}

void HandshakeGate::leave(const std::string& peer) {
  --under_way_;
  const auto held = under_way_by_peer_.find(peer);
  if (--held->second == 0) under_way_by_peer_.erase(held);
  const auto next =
      std::ranges::find_if(waiting_, [&](const Waiting* one) { return has_room_for(one->peer); });
  if (next == waiting_.end()) return;
  Waiting& one = **next;
  waiting_.erase(next);
  take(one.peer);
  one.let_in = true;
  one.timer.cancel();
}

void HandshakeGate::close() {
  closed_ = true;
  for (Waiting* one : waiting_) one->timer.cancel();
}

}  // namespace joist::wire
