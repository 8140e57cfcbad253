// A FUSE file system whose daemon never answers, as a stopped one does: statfs(2)
// on it does not return. Needs root and /dev/fuse; mounts in a namespace of its
// own, so that nobody else can run into it.
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "collectors/scrape.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::ptrdiff_t threads() {
  return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
}

class HungMount : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    fuse_ = UniqueFd(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
    if (!fuse_) GTEST_SKIP() << "needs /dev/fuse: " << std::strerror(errno);
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      GTEST_SKIP() << "needs a mount namespace: " << std::strerror(errno);
    }
    fs::create_directory(hung_);
    const std::string options =
        "fd=" + std::to_string(fuse_.get()) + ",rootmode=40000,user_id=0,group_id=0";
    ASSERT_EQ(::mount("joist-test", hung_.c_str(), "fuse", 0, options.c_str()), 0)
        << std::strerror(errno);
    mounted_ = true;
    tree_.write("/proc/1/mountinfo", "36 1 0:99 / " + hung_.string() +
                                         " rw - fuse.joist joist-test rw\n"
                                         "1 0 8:1 / / rw - ext4 root rw\n");
  }

  void TearDown() override {
    fuse_ = UniqueFd();  // the daemon is gone: the kernel lets everybody go
    if (mounted_) ::umount2(hung_.c_str(), MNT_DETACH);
  }

  support::TempRoot tree_;
  fs::path hung_ = tree_.path() / "hung";
  UniqueFd fuse_;
  bool mounted_ = false;
};

TEST_F(HungMount, CostsNeitherTheScrapeNorTheOtherMounts) {
  Options options;
  ASSERT_TRUE(options.settings.set("collector.filesystem.mount-timeout", "200ms"));
  auto scrape = Scrape::make({.procfs = tree_.path() / "proc"}, options);
  ASSERT_TRUE(scrape.has_value());
  const auto page_has = [&](const std::string& text) {
    return (*scrape)->page().find(text) != std::string_view::npos;
  };
  const std::string error =
      "node_filesystem_device_error{device=\"joist-test\",device_error=\"mountpoint "
      "timeout\",fstype=\"fuse."
      "joist\",mountpoint=\"" +
      hung_.string() + "\"} 1\n";
  const std::string size = "node_filesystem_size_bytes{device=\"root\"";

  EXPECT_TRUE(page_has(error));
  const auto threads_after_one = threads();
  for (int page = 0; page < 10; ++page) {
    EXPECT_TRUE(page_has(error));
    EXPECT_TRUE(page_has(size));
    EXPECT_TRUE(page_has("node_scrape_collector_success{collector=\"filesystem\"} 1\n"));
  }
  EXPECT_EQ(threads(), threads_after_one) << "a thread for each scrape";
}

}  // namespace
}  // namespace joist::collectors
