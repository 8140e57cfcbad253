#include "collectors/storage/mount_probe.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace joist::collectors {
namespace {

using namespace std::chrono_literals;
using Source = MountQuestion::Source;

// A kernel whose dead mounts keep their caller until they are revived.
class FakeKernel {
 public:
  void kill(const std::string& path) {
    const std::lock_guard lock(mutex_);
    dead_.insert(path);
  }
  void revive() {
    const std::lock_guard lock(mutex_);
    dead_.clear();
    changed_.notify_all();
  }
  int calls(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(calls_.count(path));
  }
  int statfs(const std::string& path, struct statfs& figures) {
    std::unique_lock lock(mutex_);
    calls_.insert(path);
    changed_.wait(lock, [&] { return !dead_.contains(path); });
    if (path.ends_with("broken")) return -1;
    figures.f_blocks = path.size();
    return 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> dead_;
  std::multiset<std::string> calls_;
};

class MountProbeTest : public testing::Test {
 protected:
  // Shared with workers that may outlive the test's own probe.
  std::shared_ptr<FakeKernel> kernel_ = std::make_shared<FakeKernel>();
  Statfs statfs_ = [kernel = kernel_](const char* path, struct statfs* figures) {
    return kernel->statfs(path, *figures);
  };

  static MountQuestions questions(std::initializer_list<const char*> paths) {
    MountQuestions made;
    for (const char* path : paths)
      made.push_back(std::make_shared<MountQuestion>(path, Source::Elsewhere));
    return made;
  }

  // A worker that was let go needs a moment to say so.
  static void wait_until_free(const MountProbe& probe) {
    while (probe.stuck() > 0) std::this_thread::sleep_for(1ms);
  }

  void TearDown() override { kernel_->revive(); }
};

TEST_F(MountProbeTest, AnswersEveryMountThatLives) {
  MountProbe probe(10s, statfs_);
  const auto mounts = questions({"/", "/broken", "/srv"});
  for (int pass = 0; pass < 3; ++pass) {
    probe.ask(mounts);
    EXPECT_TRUE(mounts[0]->answered);
    EXPECT_FALSE(mounts[1]->answered);
    EXPECT_TRUE(mounts[2]->answered);
    EXPECT_EQ(mounts[2]->figures.f_blocks, 4U);
  }
  EXPECT_EQ(probe.stuck(), 0U);
}

TEST_F(MountProbeTest, AsksOnTheCallersThreadWhereMemoryAnswers) {
  std::thread::id of_memory;
  std::thread::id of_disk;
  MountProbe probe(10s, [&](const char* path, struct statfs*) {
    (path == std::string("/") ? of_memory : of_disk) = std::this_thread::get_id();
    return 0;
  });
  const MountQuestions mounts{std::make_shared<MountQuestion>("/", Source::Memory),
                              std::make_shared<MountQuestion>("/srv", Source::Disk)};
  probe.ask(mounts);
  EXPECT_TRUE(mounts[0]->answered);
  EXPECT_TRUE(mounts[1]->answered);
  EXPECT_EQ(of_memory, std::this_thread::get_id());
  EXPECT_NE(of_disk, std::this_thread::get_id());
}

TEST_F(MountProbeTest, OneDeadMountCostsTheOthersNothing) {
  kernel_->kill("/dead");
  MountProbe probe(200ms, statfs_);
  const auto mounts = questions({"/", "/dead", "/srv"});
  probe.ask(mounts);
  EXPECT_TRUE(mounts[0]->answered);
  EXPECT_FALSE(mounts[1]->answered);
  EXPECT_TRUE(mounts[2]->answered);
  EXPECT_EQ(probe.stuck(), 1U);
}

TEST_F(MountProbeTest, ADeadMountIsNotAskedAgainUntilItsWorkerReturns) {
  kernel_->kill("/dead");
  MountProbe probe(100ms, statfs_);
  const auto mounts = questions({"/dead", "/"});
  for (int pass = 0; pass < 5; ++pass) {
    probe.ask(mounts);
    EXPECT_FALSE(mounts[0]->answered);
    EXPECT_TRUE(mounts[1]->answered);
  }
  EXPECT_EQ(kernel_->calls("/dead"), 1);
  EXPECT_EQ(kernel_->calls("/"), 5);

  kernel_->revive();
  wait_until_free(probe);
  probe.ask(mounts);
  EXPECT_TRUE(mounts[0]->answered);
  EXPECT_EQ(probe.stuck(), 0U);
}

TEST_F(MountProbeTest, AThousandDeadMountsDoNotBecomeAThousandThreads) {
  MountProbe probe(200ms, statfs_);
  MountQuestions mounts;
  for (int i = 0; i < 1000; ++i) {
    const std::string path = "/dead" + std::to_string(i);
    kernel_->kill(path);
    mounts.push_back(std::make_shared<MountQuestion>(path, Source::Elsewhere));
  }
  mounts.push_back(std::make_shared<MountQuestion>("/", Source::Disk));
  for (int pass = 0; pass < 8; ++pass) {
    probe.ask(mounts);
    EXPECT_TRUE(mounts.back()->answered) << "the living must still be answered, pass " << pass;
  }
  EXPECT_GT(probe.stuck(), 1U);
  EXPECT_LE(probe.stuck(), MountProbe::kThreadsMax);

  kernel_->revive();
  wait_until_free(probe);
  probe.ask(mounts);
  EXPECT_TRUE(mounts.front()->answered);
}

TEST_F(MountProbeTest, CanEndWhileAMountHangs) {
  kernel_->kill("/dead");
  {
    MountProbe probe(50ms, statfs_);
    probe.ask(questions({"/dead"}));
    EXPECT_EQ(probe.stuck(), 1U);
  }
  kernel_->revive();  // the worker returns to nobody
}

}  // namespace
}  // namespace joist::collectors
