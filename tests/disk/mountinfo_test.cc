#include "disk/mountinfo.h"

#include <gtest/gtest.h>

namespace joist::disk {
namespace {

TEST(ParseMountinfo, ReadsTheLineOfProcRst) {
  const auto mounts = parse_mountinfo(
      "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n");
  ASSERT_TRUE(mounts.has_value()) << mounts.error().message;
  ASSERT_EQ(mounts->size(), 1U);
  const Mount& mount = mounts->front();
  EXPECT_EQ(mount.id, 36U);
  EXPECT_EQ(mount.device, (DeviceNumber{98, 0}));
  EXPECT_EQ(mount.root, "/mnt1");
  EXPECT_EQ(mount.point, "/mnt2");
  EXPECT_EQ(mount.type, "ext3");
  EXPECT_EQ(mount.source, "/dev/root");
}

TEST(ParseMountinfo, TakesAnyNumberOfOptionalFields) {
  const auto mounts = parse_mountinfo(
      "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
      "2 1 8:2 / /a rw shared:1 master:2 propagate_from:3 unbindable - xfs /dev/sda2 rw\n");
  ASSERT_TRUE(mounts.has_value()) << mounts.error().message;
  EXPECT_EQ(mounts->at(0).type, "ext4");
  EXPECT_EQ(mounts->at(1).type, "xfs");
}

TEST(ParseMountinfo, UndoesEscapes) {
  const auto mounts =
      parse_mountinfo("1 0 8:1 /a\\011b /mnt/my\\040disk\\134x rw - ext4 /dev/\\012 rw\n");
  ASSERT_TRUE(mounts.has_value()) << mounts.error().message;
  EXPECT_EQ(mounts->front().root, "/a\tb");
  EXPECT_EQ(mounts->front().point, "/mnt/my disk\\x");
  EXPECT_EQ(mounts->front().source, "/dev/\n");
}

TEST(ParseMountinfo, TakesAnEmptySource) {
  const auto mounts = parse_mountinfo("45 22 0:51 / /empty rw - tmpfs  rw\n");
  ASSERT_TRUE(mounts.has_value()) << mounts.error().message;
  EXPECT_EQ(mounts->front().type, "tmpfs");
  EXPECT_EQ(mounts->front().source, "");
}

TEST(ParseMountinfo, IsEmptyForNothing) { EXPECT_TRUE(parse_mountinfo("")->empty()); }

TEST(ParseMountinfo, NamesTheLineItDoesNotUnderstand) {
  const std::string good = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n";
  for (const std::string bad :
       {"\n", "x\n", "1 0 8:1 / /\n", "1 0 8-1 / / rw - ext4 /dev/sda1 rw\n",
        "1 0 8:1 / / rw master:1 ext4 /dev/sda1 rw\n", "a 0 8:1 / / rw - ext4 /dev/sda1 rw\n",
        "1 0 8:4294967296 / / rw - ext4 x rw\n", "1 0 8:1 / / rw shared:1 shared:2 -\n"}) {
    SCOPED_TRACE(bad);
    const auto mounts = parse_mountinfo(good + bad);
    ASSERT_FALSE(mounts.has_value());
    EXPECT_EQ(mounts.error().code, ErrorCode::Malformed);
    EXPECT_EQ(mounts.error().message.find("line 2: "), 0U) << mounts.error().message;
  }
}

}  // namespace
}  // namespace joist::disk
