// Cancels what is pending on a socket when its time is out, and leaves the
// socket open: so that a slow peer can still be told what it did wrong.
// (Beast's own stream timeouts close the socket.)
//
// A timer that is set for an earlier deadline is left to ring, and only then set for the one that
// counts: a connection that is quick never has the kernel's timer set.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "wire/asio.h"

namespace joist::wire {

class Deadline {
 public:
  // `socket` must outlive this.
  template <typename Socket>
  explicit Deadline(Socket& socket)
      : watch_(std::make_shared<Watch>(socket.get_executor(), [&socket] {
          boost::system::error_code ignored;  // a socket that is closed has nothing to cancel
          socket.cancel(ignored);
        })) {}
  ~Deadline() {
    watch_->armed = false;
    watch_->timer.cancel();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // From now on, until the next arm() or disarm().
  void arm(std::chrono::steady_clock::duration after) {
    watch_->armed = true;
    watch_->expired = false;
    watch_->due = std::chrono::steady_clock::now() + after;
    if (!watch_->set || watch_->timer.expiry() > watch_->due) set(watch_);
  }

  void disarm() { watch_->armed = false; }

  bool expired() const { return watch_->expired; }

 private:
  struct Watch {
    Watch(asio::any_io_executor executor, std::function<void()> cancel_pending)
        : timer(std::move(executor)), cancel(std::move(cancel_pending)) {}
    asio::steady_timer timer;
    std::function<void()> cancel;
    std::chrono::steady_clock::time_point due;
    bool set = false;  // the timer is
    bool armed = false;
    bool expired = false;
  };

  static void set(const std::shared_ptr<Watch>& watch) {
    watch->set = true;
    watch->timer.expires_at(watch->due);
    watch->timer.async_wait([watch](boost::system::error_code error) {
      // It may have been queued when the timer was set anew.
      const auto now = std::chrono::steady_clock::now();
      if (error || watch->timer.expiry() > now) return;
      watch->set = false;
      if (!watch->armed) return;
      if (watch->due > now) return set(watch);
      watch->expired = true;
      watch->cancel();
    });
  }

  std::shared_ptr<Watch> watch_;
};

}  // namespace joist::wire
