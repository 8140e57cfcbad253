#include "collectors/storage/filesystem.h"

#include <gtest/gtest.h>

#include <sys/statvfs.h>

#include <cerrno>
#include <set>
#include <string>
#include <thread>

#include "collectors/fields.h"
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

// What mountinfo says of the mounts of an fstab.
std::string mountinfo_of(std::string_view fstab) {
  std::string text;
  Lines lines(fstab);
  for (std::string_view line; lines.next(line);) {
    Fields fields(line);
    const std::string device(fields.next());
    const std::string mount_point(fields.next());
    const std::string type(fields.next());
    const std::string options(fields.next());
    text += options.empty() ? std::string(line)
                            : "36 35 8:1 / " + mount_point + " " + options + " shared:1 - " + type +
                                  " " + device + " rw";
    text += "\n";
  }
  return text;
}

class FilesystemTest : public testing::Test {
 protected:
  std::string page_of(std::string_view mounts, std::string rootfs = "/",
                      const Statfs& statfs = fake_statfs) {
    root_.write("/1/mountinfo", mountinfo_of(mounts));
    Roots roots{.procfs = root_.path().string(), .rootfs = std::move(rootfs)};
    const Settings standard;
    FilesystemCollector collector(roots, *standard.devices("collector.filesystem.mount-points"),
                                  *standard.devices("collector.filesystem.fs-types"), 10s, statfs);
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
  const std::string labels =
      R"({device="/dev/sda1",device_error="",fstype="ext4",mountpoint="/"} )";
  EXPECT_TRUE(has(page, "node_filesystem_size_bytes" + labels + "4.096e+06")) << page;
  EXPECT_TRUE(has(page, "node_filesystem_free_bytes" + labels + "2.048e+06"));
  EXPECT_TRUE(has(page, "node_filesystem_avail_bytes" + labels + "1.6384e+06"));
  EXPECT_TRUE(has(page, "node_filesystem_files" + labels + "90"));
  EXPECT_TRUE(has(page, "node_filesystem_files_free" + labels + "80"));
  EXPECT_TRUE(has(page, "node_filesystem_readonly" + labels + "1"));
  EXPECT_TRUE(has(page, "node_filesystem_device_error" + labels + "0"));
  EXPECT_TRUE(has(page, "node_filesystem_purgeable_bytes" + labels + "0"));
  EXPECT_TRUE(has(
      page,
      R"(node_filesystem_mount_info{device="/dev/sda1",major="8",minor="1",mountpoint="/"} 1)"));
}

TEST_F(FilesystemTest, DoesNotWaitForAWayThatMayHang) {
  std::set<std::string> asked_here;
  const auto here = std::this_thread::get_id();
  const Statfs statfs = [&](const char* path, struct statfs* figures) {
    if (std::this_thread::get_id() == here) asked_here.insert(path);
    return fake_statfs(path, figures);
  };
  page_of(
      "/dev/sda1 / ext4 rw 0 0\n"
      "tmpfs /tmp tmpfs rw 0 0\n"
      "/dev/sdb /srv xfs rw 0 0\n"
      "nas:/ /nas nfs4 rw 0 0\n"
      "/dev/sdc /nas/disk ext4 rw 0 0\n"
      "/dev/sdd /nas2 ext4 rw 0 0\n",
      "/", statfs);
  EXPECT_EQ(asked_here, (std::set<std::string>{"/", "/nas2", "/tmp"}));
}

// Also where what hangs was mounted over the way later, be it before the first page or after it.
TEST_F(FilesystemTest, DoesNotWaitForAWayThatMayHangByNow) {
  std::set<std::string> asked_here;
  const auto here = std::this_thread::get_id();
  const Statfs statfs = [&](const char* path, struct statfs* figures) {
    if (std::this_thread::get_id() == here) asked_here.insert(path);
    return fake_statfs(path, figures);
  };
  const std::string_view before = "/dev/sda1 / ext4 rw 0 0\ntmpfs /m/x tmpfs rw 0 0\n";
  const std::string after = std::string(before) + "nas:/ /m nfs4 rw 0 0\n";
  page_of(after, "/", statfs);
  EXPECT_EQ(asked_here, std::set<std::string>{"/"});

  root_.write("/1/mountinfo", mountinfo_of(before));
  const Settings standard;
  FilesystemCollector collector({.procfs = root_.path().string()},
                                *standard.devices("collector.filesystem.mount-points"),
                                *standard.devices("collector.filesystem.fs-types"), 10s, statfs);
  Exposition page;
  ASSERT_TRUE(collector.collect(page).has_value());
  EXPECT_EQ(asked_here, (std::set<std::string>{"/", "/m/x"}));
  asked_here.clear();
  root_.write("/1/mountinfo", mountinfo_of(after));
  page.clear();
  ASSERT_TRUE(collector.collect(page).has_value());
  EXPECT_EQ(asked_here, std::set<std::string>{"/"});
  EXPECT_NE(page.text().find("mountpoint=\"/m/x\"} 4.096e+06"), std::string_view::npos);
}

TEST_F(FilesystemTest, AMountThatFailsHasAnErrorAndNoFigures) {
  const std::string page = page_of("/dev/sdb /gone ext4 rw 0 0\n");
  const std::string labels =
      R"({device="/dev/sdb",device_error="input/output error",fstype="ext4",mountpoint="/gone"} )";
  EXPECT_EQ(page,
            "# HELP node_filesystem_device_error Whether an error occurred while getting "
            "statistics for the given device.\n"
            "# TYPE node_filesystem_device_error gauge\n"
            "node_filesystem_device_error" +
                labels +
                "1\n"
                "# HELP node_filesystem_readonly Filesystem read-only status.\n"
                "# TYPE node_filesystem_readonly gauge\n"
                "node_filesystem_readonly" +
                labels + "0\n");
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
  EXPECT_TRUE(has(
      page,
      R"(node_filesystem_files{device="d",device_error="",fstype="ext4",mountpoint="/srv"} 90)"))
      << page;
}

// The kernel makes a file system read-only after an error without telling of a mount.
TEST_F(FilesystemTest, SeesThatAFileSystemTurnedReadOnly) {
  root_.write("/1/mountinfo", mountinfo_of("d / ext4 rw 0 0\n"));
  const Settings standard;
  bool read_only = false;
  FilesystemCollector collector({.procfs = root_.path().string()},
                                *standard.devices("collector.filesystem.mount-points"),
                                *standard.devices("collector.filesystem.fs-types"), 10s,
                                [&](const char* path, struct statfs* figures) {
                                  const int result = fake_statfs(path, figures);
                                  if (read_only) figures->f_flags |= ST_RDONLY;
                                  return result;
                                });
  const auto shows = [&](std::string_view value) {
    Exposition page;
    EXPECT_TRUE(collector.collect(page).has_value());
    return has(
        std::string(page.text()),
        R"(node_filesystem_readonly{device="d",device_error="",fstype="ext4",mountpoint="/"} )" +
            std::string(value));
  };
  EXPECT_TRUE(shows("0"));
  read_only = true;
  root_.write("/1/mountinfo", "36 35 8:1 / / rw - ext4 d ro\n");
  EXPECT_TRUE(shows("1"));
}

TEST_F(FilesystemTest, FallsBackToItsOwnMounts) {
  root_.write("/self/mountinfo", mountinfo_of("d /own ext4 rw 0 0\n"));
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
