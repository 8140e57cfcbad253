#include "disk/udev_record.h"

#include <gtest/gtest.h>

namespace joist::disk {
namespace {

TEST(UdevRecord, HasLinksAndProperties) {
  const UdevRecord record =
      to_record(parse_udev_data("S:disk/by-path/pci-0000:00:17.0-ata-1\n"
                                "S:disk/by-id/wwn-0x5000c50015ea71ac\n"
                                "W:3\nI:1234567\nL:-100\n"
                                "E:ID_WWN=0x5000c50015ea71ac\n"
                                "E:ID_MODEL_ENC=a=b\n"
                                "G:systemd\nQ:systemd\nV:1\n"));
  EXPECT_EQ(record.property("ID_WWN"), "0x5000c50015ea71ac");
  EXPECT_EQ(record.property("ID_MODEL_ENC"), "a=b");
  EXPECT_EQ(record.property("ID_SERIAL"), "");
  EXPECT_EQ(record.links, (std::vector<std::string>{"/dev/disk/by-id/wwn-0x5000c50015ea71ac",
                                                    "/dev/disk/by-path/pci-0000:00:17.0-ata-1"}));
}

TEST(ReadUdevRecord, IsEmptyWhereNoUdevdRan) {
  EXPECT_TRUE(read_udev_record(SysRoot("/nonexistent"), {8, 0}).properties.empty());
  EXPECT_TRUE(read_udev_record(SysRoot(), {4095, 1048575}).properties.empty());
}

}  // namespace
}  // namespace joist::disk
