// Goal: the disks are asked one after the other, what they say is judged, and a helper that is not
// there costs nothing but the answers. Method: the real helper, asked for disks that are not there.
#include "agent/health_watch.h"

#include <gtest/gtest.h>

#include "tests/helper/helper_program.h"

namespace joist::agent {
namespace {

using namespace std::chrono_literals;

disk::Disk disk_of(const std::string& name, const std::string& transport) {
  disk::Disk disk;
  disk.name = name;
  disk.kind = v1::DISK_KIND_PHYSICAL;
  disk.transport = transport;
  return disk;
}

class HealthWatchTest : public ::testing::Test {
 protected:
  HealthWatchTest() : helper_(::geteuid()) {}

  HealthWatch watch_with(const std::string& socket) {
    return HealthWatch(io_, SysRoot(), HelperClient(socket), config_, clock_, pulse_,
                       [this] { ++changes_; });
  }

  // Runs until it has changed so often.
  bool changes(int times) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (changes_ < times && std::chrono::steady_clock::now() < end) io_.run_one_until(end);
    return changes_ >= times;
  }

  helper::HelperProgram helper_;
  wire::asio::io_context io_;
  Config config_{"/nonexistent"};
  SystemClock clock_;
  Pulse pulse_;
  int changes_ = 0;
};

TEST_F(HealthWatchTest, AsksEveryDiskThroughTheHelper) {
  helper_.start();
  HealthWatch watch = watch_with(helper_.socket_path());
  EXPECT_FALSE(watch.judge().has_value());
  watch.observe({disk_of("nosuchdisk", "sata"), disk_of("nosuchdisk2", "virtio")});
  EXPECT_EQ(watch.judge()->reason(), disk::kHealthBeingRead);
  watch.start();
  ASSERT_TRUE(changes(2));
  EXPECT_EQ(watch.counters().asked, 2U);
  EXPECT_EQ(watch.counters().failures, 2U);
  const auto condition = *watch.judge();
  EXPECT_EQ(condition.reason(), "HealthUnknown");
  EXPECT_EQ(condition.message(),
            "1 of 2 disks: nosuchdisk: nosuchdisk: no disk \"nosuchdisk\" in /sys/block");
  EXPECT_EQ(watch.health("nosuchdisk2")->state(), v1::DISK_HEALTH_STATE_UNKNOWN);
  EXPECT_FALSE(watch.health("other").has_value());
}

TEST_F(HealthWatchTest, AHelperThatIsNotThereIsSaid) {
  HealthWatch watch = watch_with("/nonexistent");
  watch.observe({disk_of("sda", "nvme")});
  watch.start();
  ASSERT_TRUE(changes(1));
  EXPECT_EQ(watch.judge()->reason(), "HealthUnknown");
  EXPECT_NE(watch.judge()->message().find("joist-helper is not there"), std::string::npos);
}

TEST_F(HealthWatchTest, NobodyIsAskedWhereThatIsSwitchedOff) {
  v1::NodeSpec spec;
  spec.mutable_storage()->mutable_health()->set_disabled(true);
  config_.adopt(spec, clock_.now().wall);
  HealthWatch watch = watch_with("/nonexistent");
  watch.observe({disk_of("sda", "nvme")});
  watch.start();
  io_.run_for(100ms);
  EXPECT_EQ(watch.counters().asked, 0U);
  EXPECT_EQ(watch.judge()->reason(), "HealthNotWatched");
  EXPECT_FALSE(watch.health("sda").has_value());
  // And is once it is switched on.
  config_.adopt(v1::NodeSpec(), clock_.now().wall);
  watch.reconsider();
  ASSERT_TRUE(changes(1));
  EXPECT_EQ(watch.counters().asked, 1U);
}

}  // namespace
}  // namespace joist::agent
