// Goal: what hangs on the loop stops nothing else on it, and costs no thread for ever once it is
// back.
#include "wire/loop.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "wire/asio.h"

namespace joist::wire {
namespace {

using namespace std::chrono_literals;

class Looped : public testing::Test {
 protected:
  ~Looped() override { let_go(); }

  // On a thread of its own, which may hang. What ended it, or "".
  std::string run() {
    io_.restart();
    const auto over = std::make_shared<std::promise<std::string>>();
    std::thread([this, over] {
      loop_.run([over](const std::string& failure) { over->set_value(failure); });
    }).detach();
    return over->get_future().get();
  }

  void let_go() {
    if (!gone_) gate_.set_value();
    gone_ = true;
  }

  // `then` is told whether the work was done in time.
  void work(std::function<void()> does, std::function<void(bool)> then) {
    asio::co_spawn(
        io_,
        [this, does = std::move(does), then = std::move(then)]() mutable -> Task<void> {
          const bool in_time = co_await loop_.work(std::move(does));
          then(in_time);
        },
        rethrow);
  }

  void hang(std::function<void()> late) {
    const auto does = [opened = opened_, this] {
      ++hanging_;
      opened.wait();
      --hanging_;
    };
    work(does, [late = std::move(late)](bool in_time) {
      EXPECT_FALSE(in_time);
      late();
    });
  }

  std::promise<void> gate_;
  std::shared_future<void> opened_ = gate_.get_future().share();
  bool gone_ = false;
  std::atomic<int> hanging_{0};
  asio::io_context io_{1};
  Loop loop_{io_};  // its destructor waits for what hangs
};

TEST_F(Looped, QuickWorkIsDoneOnTheThreadThatHasTheLoop) {
  std::thread::id handler;
  std::thread::id worker;
  std::optional<bool> in_time;
  asio::post(io_, [&] { handler = std::this_thread::get_id(); });
  work([&] { worker = std::this_thread::get_id(); }, [&](bool was) { in_time = was; });
  EXPECT_EQ(run(), "");
  EXPECT_EQ(worker, handler);
  EXPECT_EQ(in_time, true);
}

TEST_F(Looped, GoesOnWithoutWorkThatHangs) {
  std::vector<std::string> order;
  asio::steady_timer timer(io_);
  hang([&] {
    order.emplace_back("late");
    timer.expires_after(1ms);
    timer.async_wait([&](boost::system::error_code) {
      order.emplace_back("timer");
      io_.stop();
    });
  });
  EXPECT_EQ(run(), "");
  EXPECT_EQ(order, (std::vector<std::string>{"late", "timer"}));
  EXPECT_EQ(hanging_, 1);
}

TEST_F(Looped, GoesOnWithoutOneAfterTheOther) {
  int late = 0;
  hang([&] {
    ++late;
    hang([&] {
      ++late;
      hang([&] {
        ++late;
        io_.stop();
      });
    });
  });
  EXPECT_EQ(run(), "");
  EXPECT_EQ(late, 3);
  EXPECT_EQ(hanging_, 3);
}

// The loop waits for the network then, and must be woken by what the late work posts.
TEST_F(Looped, HearsWhatLateWorkPosts) {
  auto waits = std::make_unique<asio::io_context::work>(io_);
  const auto posts = [&] {
    opened_.wait();
    std::this_thread::sleep_for(10ms);  // until it waits
    asio::post(io_, [&] { waits.reset(); });
  };
  work(posts, [&](bool) { let_go(); });
  EXPECT_EQ(run(), "");
  EXPECT_EQ(waits, nullptr);
}

TEST_F(Looped, WhoComesBackStandsByForTheNextTime) {
  std::thread::id first;
  std::thread::id second;
  std::thread::id third;
  asio::steady_timer until_back(io_);
  const auto first_work = [&] {
    first = std::this_thread::get_id();
    opened_.wait();
    --hanging_;
  };
  std::function<void()> again = [&] {
    if (hanging_ > 0) {
      until_back.expires_after(1ms);
      until_back.async_wait([&](boost::system::error_code) { again(); });
      return;
    }
    // Long enough for the thread to stand by again; then there is no third.
    until_back.expires_after(50ms);
    until_back.async_wait([&](boost::system::error_code) {
      const auto hang_again = [&] {
        second = std::this_thread::get_id();
        std::this_thread::sleep_for(3 * Loop::kPatience);
      };
      work(hang_again, [&](bool) { third = std::this_thread::get_id(); });
    });
  };
  hanging_ = 1;
  work(first_work, [&](bool) {
    let_go();
    again();
  });
  EXPECT_EQ(run(), "");
  EXPECT_NE(first, second);
  EXPECT_EQ(first, third);
}

TEST_F(Looped, SaysWhatAHandlerThrew) {
  asio::post(io_, [] { throw std::runtime_error("a handler's"); });
  EXPECT_EQ(run(), "a handler's");
  hang([] { throw std::runtime_error("another thread's"); });
  EXPECT_EQ(run(), "another thread's");
}

}  // namespace
}  // namespace joist::wire
