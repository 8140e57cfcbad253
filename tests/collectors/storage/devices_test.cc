#include <gtest/gtest.h>

#include <string>

#include "collectors/storage/btrfs.h"
#include "collectors/storage/dmmultipath.h"
#include "collectors/storage/tapestats.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

TEST(BtrfsRatio, IsWhatAByteOfDataTakes) {
  EXPECT_EQ(allocation_ratio("single", 1), 1);
  EXPECT_EQ(allocation_ratio("raid10", 4), 2);
  EXPECT_EQ(allocation_ratio("raid1c4", 4), 4);
  EXPECT_EQ(allocation_ratio("raid5", 3), 1.5);
  EXPECT_EQ(allocation_ratio("raid6", 4), 2);
  EXPECT_EQ(allocation_ratio("raid5", 1), 0) << "never infinite";
  EXPECT_EQ(allocation_ratio("raid7", 4), 0);
}

TEST(BtrfsDevices, AreNotAskedOfAnotherFileSystem) {
  const support::TempRoot root;
  BtrfsDevices found;
  EXPECT_FALSE(ask_btrfs_devices((root.path() / "absent").string(), found));
  EXPECT_FALSE(ask_btrfs_devices("/proc", found));
}

TEST(Uuid, IsShownAsSysfsNamesFileSystems) {
  EXPECT_EQ(format_uuid({0, 1, 0xAB, 0xFF}), "0001abff-0000-0000-0000-000000000000");
}

TEST(TapeDrive, IsNamedByItsNumberOnly) {
  EXPECT_TRUE(is_tape_drive("st0"));
  EXPECT_TRUE(is_tape_drive("st12"));
  for (const char* name : {"", "st", "nst0", "st0a", "st0l", "sta"}) {
    EXPECT_FALSE(is_tape_drive(name)) << name;
  }
}

TEST(Multipath, FollowsThePathsStates) {
  support::TempRoot root;
  root.write("/block/dm-0/dm/uuid", "mpath-3600\n");
  root.write("/block/dm-0/dm/name", "mpatha\n");
  root.write("/block/dm-0/dm/suspended", "0\n");
  root.write("/block/dm-0/size", "8\n");
  root.write("/block/dm-0/slaves/sda", "");
  root.write("/block/dm-0/slaves/sdb", "");
  root.write("/block/sda/device/state", "running\n");
  root.write("/block/sdb/device/state", "running\n");
  DmmultipathCollector collector({.sysfs = root.path().string()});
  const auto page = [&] {
    Exposition out;
    EXPECT_TRUE(collector.collect(out).has_value());
    return std::string(out.text());
  };
  const auto has = [](const std::string& text, std::string_view line) {
    return text.find(line) != std::string::npos;
  };
  const std::string device = R"({device="mpatha",sysfs_name="dm-0"} )";
  std::string text = page();
  EXPECT_TRUE(has(text, "node_dmmultipath_device_size_bytes" + device + "4096\n")) << text;
  EXPECT_TRUE(has(text, "node_dmmultipath_device_paths_active" + device + "2\n"));
  EXPECT_TRUE(has(text, "node_dmmultipath_device_active" + device + "1\n"));

  root.write("/block/sdb/device/state", "offline\n");
  text = page();
  EXPECT_TRUE(has(text, "node_dmmultipath_device_paths_failed" + device + "1\n"));
  EXPECT_TRUE(has(text, R"(path_state{device="mpatha",path="sdb",state="offline"} 1)"));
  EXPECT_FALSE(has(text, R"(path="sdb",state="running")"));
}

}  // namespace
}  // namespace joist::collectors
