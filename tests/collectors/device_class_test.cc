// Goal: devices that come and go are seen, and those that stay cost nothing.
#include "collectors/device_class.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "collectors/device_changes.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

using Names = std::vector<std::string>;

TEST(TellsOfDevices, ComingAndGoingButNotFlickering) {
  EXPECT_TRUE(tells_of_devices("add@/devices/pci0000:00/0000:00:04.0/block/sdb"));
  EXPECT_TRUE(tells_of_devices("remove@/devices/x"));
  EXPECT_TRUE(tells_of_devices("offline@/devices/system/cpu/cpu3"));
  EXPECT_FALSE(tells_of_devices("change@/devices/LNXSYSTM:00/power_supply/BAT0"));
  EXPECT_FALSE(tells_of_devices(""));
}

TEST(DeviceClass, IsListedEveryTimeWhereNothingTells) {
  support::TempRoot root;
  DeviceClass hwmon(SysRoot(root.path()), "/class/hwmon", nullptr);
  const auto absent = hwmon.refresh();
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::NotFound);

  root.write("/class/hwmon/hwmon1/name", "nvme");
  root.write("/class/hwmon/hwmon0/name", "coretemp");
  const auto present = hwmon.refresh();
  ASSERT_TRUE(present);
  EXPECT_TRUE(*present);
  EXPECT_EQ(hwmon.names(), (Names{"hwmon0", "hwmon1"}));

  std::filesystem::remove_all(root.path() / "class");
  EXPECT_FALSE(hwmon.refresh());
  EXPECT_TRUE(hwmon.names().empty());
}

TEST(DeviceClass, IsListedAgainOnlyWhenDevicesChanged) {
  support::TempRoot root;
  const auto changes = std::make_shared<DeviceChanges>();
  DeviceClass hwmon(SysRoot(root.path()), "/class/hwmon", changes);
  EXPECT_FALSE(hwmon.refresh());
  root.write("/class/hwmon/hwmon0/name", "coretemp");
  EXPECT_FALSE(hwmon.refresh()) << "nothing told of it";
}

}  // namespace
}  // namespace joist::collectors
