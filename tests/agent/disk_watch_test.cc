// Goal: a source of changes that fails is told of, tried again, and makes up for
// what was missed. Method: a root without disks, whose files in /proc are first
// plain ones, which nobody can wait on, and then the kernel's own.
#include "agent/disk_watch.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temp_root.h"

namespace joist::agent {
namespace {

using namespace std::chrono_literals;

class DiskWatchTest : public ::testing::Test {
 protected:
  support::TempRoot root_;
  wire::asio::io_context io_;
  Config config_{"/nonexistent"};
  SystemClock clock_;
  Pulse pulse_;
  DiskWatch watch_{
      io_,    root_.sys_root(), root_.path() / "seen-disks", HelperClient("/nonexistent"), config_,
      clock_, pulse_,           [this] { io_.stop(); }};

  std::string late() const { return watch_.last_good() ? watch_.last_good()->late : "no look yet"; }

  // Runs until a look says so.
  bool becomes(const std::function<bool()>& good) {
    const SteadyTime end = std::chrono::steady_clock::now() + 30s;
    while (!good() && std::chrono::steady_clock::now() < end) {
      io_.restart();
      io_.run_until(end);
    }
    return good();
  }
};

TEST_F(DiskWatchTest, TellsThatItIsDeafAndListensAgain) {
  root_.write("/proc/self/mountinfo", "");
  root_.write("/proc/swaps", "Filename Type Size Used Priority\n");
  std::filesystem::create_directories(root_.path() / "sys/class/block");
  std::filesystem::create_directories(root_.path() / "sys/block");
  watch_.start();
  EXPECT_TRUE(becomes([this] { return late().find("/proc/swaps: ") != std::string::npos; }))
      << late();
  EXPECT_NE(late().find("/proc/self/mountinfo: "), std::string::npos) << late();

  for (const std::string path : {"proc/swaps", "proc/self/mountinfo"}) {
    std::filesystem::remove(root_.path() / path);
    std::filesystem::create_symlink("/" + path, root_.path() / path);
  }
  // The looks read the kernel's files now as well: whether they succeed is not the question.
  EXPECT_TRUE(becomes([this] { return late().find("/proc/") == std::string::npos; })) << late();
}

}  // namespace
}  // namespace joist::agent
