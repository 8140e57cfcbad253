// Goal: what hangs on the loop stops nothing else on it, and costs no thread for ever once it is
// back.
#include "wire/loop.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include <atomic>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
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
  int in_time = 0;
  asio::post(io_, [&] { handler = std::this_thread::get_id(); });
  work([&] { worker = std::this_thread::get_id(); }, [](bool) {});
  // A busy machine may make some of them late.
  for (int i = 0; i < 20; ++i) {
    work([] {}, [&](bool was) { in_time += was ? 1 : 0; });
  }
  EXPECT_EQ(run(), "");
  EXPECT_EQ(worker, handler);
  EXPECT_GT(in_time, 0);
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

// Else each time that a driver is slow would leave a thread behind.
TEST_F(Looped, WhoComesBackStandsByForTheNextTime) {
  constexpr int kRounds = 20;
  std::atomic<int> back{0};
  int rounds = 0;
  asio::steady_timer until_back(io_);
  std::function<void(bool)> next = [&](bool) {
    if (back < rounds) {
      until_back.expires_after(1ms);
      until_back.async_wait([&](boost::system::error_code) { next(false); });
      return;
    }
    if (rounds++ == kRounds) return;
    const auto slow = [&] {
      std::this_thread::sleep_for(Loop::kPatience + 5ms);
      ++back;
    };
    work(slow, next);
  };
  asio::post(io_, [&] { next(false); });
  EXPECT_EQ(run(), "");
  EXPECT_EQ(back, kRounds);
  const auto threads = std::filesystem::directory_iterator("/proc/self/task");
  EXPECT_LT(std::distance(begin(threads), end(threads)), kRounds / 2);
}

// Else a program of which another thread is just ending it would go on behind run().
TEST_F(Looped, ReturnsWhenWhatComesAfterIsThrough) {
  hang([this] { io_.stop(); });
  std::atomic<bool> through{false};
  std::promise<bool> returned;
  std::thread([&] {
    loop_.run([&](const std::string&) {
      let_go();  // who hung comes back now
      while (hanging_ > 0) std::this_thread::yield();
      std::this_thread::sleep_for(50ms);
      through = true;
    });
    returned.set_value(through);
  }).detach();
  EXPECT_TRUE(returned.get_future().get());
}

TEST_F(Looped, SaysWhatAHandlerThrew) {
  asio::post(io_, [] { throw std::runtime_error("a handler's"); });
  EXPECT_EQ(run(), "a handler's");
  hang([] { throw std::runtime_error("another thread's"); });
  EXPECT_EQ(run(), "another thread's");
}

}  // namespace
}  // namespace joist::wire
