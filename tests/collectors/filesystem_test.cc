#include "collectors/storage/filesystem.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

using namespace std::chrono_literals;

int fake_statfs(const char* path, struct statfs* figures) {
  if (std::string_view(path).ends_with("/gone")) {
    errno = EIO;
    return -1;
  }
  *figures = {};
  figures->f_bsize = 4096;
  figures->f_blocks = 1000;
  figures->f_bfree = 500;
  figures->f_bavail = 400;
  figures->f_files = 90;
  figures->f_ffree = 80;
  return 0;
}

class FilesystemTest : public testing::Test {
 protected:
  std::string page_of(std::string_view mounts, std::string rootfs = "/") {
    root_.write("/1/mounts", mounts);
    Roots roots{.procfs = root_.path().string(), .rootfs = std::move(rootfs)};
    const Settings standard;
    FilesystemCollector collector(roots, *standard.devices("collector.filesystem.mount-points"),
                                  *standard.devices("collector.filesystem.fs-types"), 10s,
                                  fake_statfs);
    Exposition page;
    const auto collected = collector.collect(page);
    EXPECT_TRUE(collected.has_value());
    return std::string(page.text());
  }

  support::TempRoot root_;
};

bool has(const std::string& page, std::string_view line) {
  return page.find(std::string(line) + "\n") != std::string::npos;
}

TEST_F(FilesystemTest, ShowsFiguresInBytes) {
  const std::string page = page_of("/dev/sda1 / ext4 ro,relatime 0 0\n");
  const std::string labels = R"({device="/dev/sda1",fstype="ext4",mountpoint="/"} )";
  EXPECT_TRUE(has(page, "node_filesystem_size_bytes" + labels + "4.096e+06")) << page;
  EXPECT_TRUE(has(page, "node_filesystem_free_bytes" + labels + "2.048e+06"));
  EXPECT_TRUE(has(page, "node_filesystem_avail_bytes" + labels + "1.6384e+06"));
  EXPECT_TRUE(has(page, "node_filesystem_files" + labels + "90"));
  EXPECT_TRUE(has(page, "node_filesystem_files_free" + labels + "80"));
  EXPECT_TRUE(has(page, "node_filesystem_readonly" + labels + "1"));
  EXPECT_TRUE(has(page, "node_filesystem_device_error" + labels + "0"));
}

TEST_F(FilesystemTest, AMountThatFailsHasAnErrorAndNoFigures) {
  const std::string page = page_of("/dev/sdb /gone ext4 rw 0 0\n");
  EXPECT_EQ(page,
            "# HELP node_filesystem_device_error Whether an error occurred while getting "
            "statistics for the given device.\n"
            "# TYPE node_filesystem_device_error gauge\n"
            "node_filesystem_device_error{device=\"/dev/sdb\",fstype=\"ext4\","
            "mountpoint=\"/gone\"} 1\n");
}

TEST_F(FilesystemTest, LeavesOutWhatDebianLeavesOut) {
  EXPECT_EQ(page_of("proc /proc proc rw 0 0\n"
                    "tmpfs /run/lock tmpfs rw 0 0\n"
                    "overlay /var/lib/docker/overlay2/1/merged ext4 rw 0 0\n"
                    "cgroup2 /x cgroup2 rw 0 0\n"),
            "");
  EXPECT_NE(page_of("tmpfs /runner tmpfs rw 0 0\n"), "");
}

TEST_F(FilesystemTest, ShowsAMountOnceHoweverOftenItIsListed) {
  EXPECT_EQ(page_of("sda / ext4 rw 0 0\nsda / ext4 rw 0 0\n"), page_of("sda / ext4 rw 0 0\n"));
}

TEST_F(FilesystemTest, LosesAMalformedLineOnly) {
  EXPECT_EQ(page_of("nonsense\n\nsda / ext4 rw 0 0\n"), page_of("sda / ext4 rw 0 0\n"));
}

TEST_F(FilesystemTest, NamesMountsFromInsideTheRoot) {
  const std::string page = page_of("d /host/srv ext4 rw 0 0\n", "/host");
  EXPECT_TRUE(has(page, R"(node_filesystem_files{device="d",fstype="ext4",mountpoint="/srv"} 90)"))
      << page;
}

TEST_F(FilesystemTest, FallsBackToItsOwnMounts) {
  root_.write("/mounts", "d /own ext4 rw 0 0\n");
  Roots roots{.procfs = root_.path().string()};
  FilesystemCollector collector(roots, *Settings().devices("collector.filesystem.mount-points"),
                                *Settings().devices("collector.filesystem.fs-types"), 10s,
                                fake_statfs);
  Exposition page;
  ASSERT_TRUE(collector.collect(page).has_value());
  EXPECT_NE(page.text().find(R"(mountpoint="/own")"), std::string::npos);
}

}  // namespace
}  // namespace joist::collectors
