// What this machine's own kernel says.
#include <gtest/gtest.h>
#include <poll.h>

#include "disk/change_watch.h"
#include "disk/classify.h"
#include "disk/observe.h"

namespace joist::disk {
namespace {

TEST(Here, TheDiskUnderRootIsTheSystems) {
  const auto inventory = observe(SysRoot(), SystemClock().now());
  ASSERT_TRUE(inventory.has_value()) << inventory.error().message;
  ASSERT_FALSE(inventory->disks.empty());

  std::size_t system = 0;
  for (const ClassifiedDisk& disk : classify(*inventory, {}, v1::StorageSpec{})) {
    ASSERT_FALSE(disk.verdict.reasons.empty()) << disk.disk.name;
    EXPECT_NE(disk.verdict.disk_class, v1::DISK_CLASS_BLANK) << disk.disk.name;
    EXPECT_NE(disk.verdict.disk_class, v1::DISK_CLASS_UNSPECIFIED) << disk.disk.name;
    system += disk.verdict.disk_class == v1::DISK_CLASS_SYSTEM;
  }
  // In a container it may not be known which: then it is all of them.
  EXPECT_GE(system, 1U);
}

TEST(Here, MountinfoTellsOfNoChangeUntilThereIsOne) {
  auto change = ProcChange::open(SysRoot(), "/proc/self/mountinfo");
  ASSERT_TRUE(change.has_value()) << change.error().message;
  pollfd waiting{.fd = change->fd(), .events = POLLPRI, .revents = 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
  EXPECT_TRUE(change->acknowledge());
}

TEST(Here, EventsOfBlockDevicesCanBeListenedTo) {
  auto monitor = UdevMonitor::open();
  ASSERT_TRUE(monitor.has_value()) << monitor.error().message;
  EXPECT_GE(monitor->fd(), 0);
  const auto drained = monitor->drain();  // whatever waits: it must not block
  EXPECT_TRUE(drained.has_value()) << drained.error().message;
}

TEST(BlockEvent, IsOfAWholeDisk) {
  const std::string sata = "/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/";
  EXPECT_EQ(disk_of_event(sata + "sda", "disk"), "sda");
  EXPECT_EQ(disk_of_event(sata + "sda/sda1", "partition"), "sda");
  const std::string nvme = "/devices/virtual/nvme-subsystem/nvme-subsys0/";
  EXPECT_EQ(disk_of_event(nvme + "nvme0n1", "disk"), "nvme0n1");
  EXPECT_EQ(disk_of_event(nvme + "nvme0n1/nvme0n1p2", "partition"), "nvme0n1");
  EXPECT_EQ(disk_of_event("/devices/x/block/cciss!c0d0/cciss!c0d0p1", "partition"), "cciss!c0d0");
  EXPECT_EQ(disk_of_event("", ""), "");
  EXPECT_EQ(disk_of_event("/sda1", "partition"), "");
  EXPECT_EQ(disk_of_event("sda1", "partition"), "");
}

}  // namespace
}  // namespace joist::disk
