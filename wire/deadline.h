// Cancels what is pending on a socket when its time is out, and leaves the
// socket open: so that a slow peer can still be told what it did wrong.
// (Beast's own stream timeouts close the socket.)
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
    watch_->timer.expires_after(after);
    watch_->timer.async_wait([watch = watch_](boost::system::error_code error) {
      // An expiry that was queued before a later arm() is not its expiry.
      if (error || !watch->armed || watch->timer.expiry() > std::chrono::steady_clock::now())
        return;
      watch->expired = true;
      watch->cancel();
    });
  }

  void disarm() {
    watch_->armed = false;
    watch_->timer.cancel();
  }

  bool expired() const { return watch_->expired; }

 private:
  struct Watch {
    Watch(asio::any_io_executor executor, std::function<void()> cancel_pending)
        : timer(std::move(executor)), cancel(std::move(cancel_pending)) {}
    asio::steady_timer timer;
    std::function<void()> cancel;
    bool armed = false;
    bool expired = false;
  };
  std::shared_ptr<Watch> watch_;
};

}  // namespace joist::wire
