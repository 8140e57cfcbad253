// Goal: a job that hangs costs its own kind alone. Method: jobs that wait for
// the test.
#include "wire/worker.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <vector>

namespace joist::wire {
namespace {

using namespace std::chrono_literals;

Task<void> into(Worker& worker, std::function<Result<int>()> job, Worker::Duration deadline,
                std::vector<Result<int>>& results) {
  results.push_back(co_await worker.run<int>(std::move(job), deadline));
}

class WorkerTest : public ::testing::Test {
 protected:
  asio::io_context io_;
  std::vector<Result<int>> results_;

  void start(Worker& worker, std::function<Result<int>()> job, Worker::Duration deadline = 10s) {
    asio::co_spawn(io_, into(worker, std::move(job), deadline, results_), rethrow);
  }
};

TEST_F(WorkerTest, GivesResultsInOrder) {
  Worker worker(io_, "sums", 8);
  for (int i = 0; i < 5; ++i) start(worker, [i] { return Result<int>(i); });
  io_.run();
  ASSERT_EQ(results_.size(), 5U);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(results_[static_cast<std::size_t>(i)].value(), i);
  EXPECT_FALSE(worker.stuck(std::chrono::steady_clock::now()).has_value());
}

TEST_F(WorkerTest, PassesErrorsAndExceptionsOn) {
  Worker worker(io_, "sums", 8);
  start(worker, []() -> Result<int> { return fail(ErrorCode::NotFound, "no disk"); });
  start(worker, []() -> Result<int> { throw std::runtime_error("library said no"); });
  io_.run();
  ASSERT_EQ(results_.size(), 2U);
  EXPECT_EQ(results_[0].error().code, ErrorCode::NotFound);
  EXPECT_EQ(results_[1].error().message, "library said no");
}

TEST_F(WorkerTest, GivesUpOnAJobThatHangsAndOtherKindsGoOn) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  Worker hung(io_, "disks", 1);
  Worker other(io_, "collectors", 1);
  start(
      hung,
      [released] {
        released.wait();
        return Result<int>(1);
      },
      50ms);
  io_.run();
  ASSERT_EQ(results_.size(), 1U);
  EXPECT_EQ(results_[0].error().code, ErrorCode::Unavailable);
  const auto stuck = hung.stuck(std::chrono::steady_clock::now());
  ASSERT_TRUE(stuck.has_value());
  EXPECT_EQ(stuck->name, "disks");

  io_.restart();
  start(
      hung, [] { return Result<int>(2); }, 50ms);  // waits behind, in vain
  start(
      hung, [] { return Result<int>(3); }, 50ms);  // no room
  start(other, [] { return Result<int>(4); });
  io_.run();
  ASSERT_EQ(results_.size(), 4U);
  EXPECT_EQ(results_[1].error().code, ErrorCode::Unavailable);  // refused at once
  EXPECT_NE(results_[1].error().message.find("busy"), std::string::npos);
  EXPECT_EQ(results_[2].value(), 4);
  EXPECT_EQ(results_[3].error().code, ErrorCode::Unavailable);

  release.set_value();
  io_.restart();
  start(hung, [] { return Result<int>(5); });  // it serves again
  io_.run();
  ASSERT_EQ(results_.size(), 5U);
  EXPECT_EQ(results_[4].value(), 5);
}

TEST_F(WorkerTest, EndsWhileAJobIsUnderWay) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  auto finished = std::make_shared<std::promise<void>>();
  {
    Worker worker(io_, "disks", 1);
    start(worker, [released, finished] {
      released.wait();
      finished->set_value();
      return Result<int>(1);
    });
    io_.run_for(20ms);
  }
  release.set_value();
  EXPECT_EQ(finished->get_future().wait_for(5s), std::future_status::ready);
}

}  // namespace
}  // namespace joist::wire
