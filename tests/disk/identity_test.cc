#include "disk/identity.h"

#include <gtest/gtest.h>

namespace joist::disk {
namespace {

TEST(NormalisedWwn, IsOneSpellingForAllSources) {
  EXPECT_EQ(normalised_wwn("naa.5000c50015ea71ac"), "naa.5000c50015ea71ac");
  EXPECT_EQ(normalised_wwn("0x5000C50015EA71AC"), "naa.5000c50015ea71ac");  // udev
  EXPECT_EQ(normalised_wwn(" eui.0025385B11B2A3C4\n"), "eui.0025385b11b2a3c4");
  EXPECT_EQ(normalised_wwn("uuid.00112233-4455-6677-8899-aabbccddeeff"),
            "uuid.00112233-4455-6677-8899-aabbccddeeff");
}

TEST(NormalisedWwn, RefusesWhatNamesNoOneDisk) {
  for (const char* text :
       {"", "naa.0000000000000000", "eui.ffffffffffffffff", "0x0", "naa.50", "naa.5000c50015ea71zz",
        "t10.ATA     QEMU HARDDISK   QM00001", "nvme.144d-53344556-53414d-00000001",
        "uuid.00000000-0000-0000-0000-000000000000", "5000c50015ea71ac"}) {
    EXPECT_EQ(normalised_wwn(text), "") << text;
  }
}

TEST(NormalisedSerial, RefusesFillers) {
  for (const char* text : {"", "   ", "0", "0000000000", "00000000-0000", "0123456789ABCDEF",
                           "None", "FFFFFFFF", "To Be Filled By O.E.M.", "\x01\x02\x03"}) {
    EXPECT_EQ(normalised_serial(text), "") << text;
  }
  EXPECT_EQ(normalised_serial(std::string(129, 'x')), "");
}

TEST(NormalisedSerial, TrimsAndKeepsTheRest) {
  EXPECT_EQ(normalised_serial("     WD-WCC4N0 12345 "), "WD-WCC4N0_12345");
  EXPECT_EQ(normalised_serial("abc"), "abc");  // 3 characters are all that some disks have
}

BlockDevice device(std::string name, std::string path) {
  BlockDevice made;
  made.name = std::move(name);
  made.path = std::move(path);
  return made;
}

TEST(TransportOf, FollowsThePath) {
  const std::string pci = "/sys/devices/pci0000:00/0000:00:1f.2/";
  EXPECT_EQ(transport_of(device("sda", pci + "ata1/host0/target0:0:0/0:0:0:0/block/sda")), "sata");
  EXPECT_EQ(transport_of(device("sdb", pci + "usb2/2-1/host3/target3:0:0/block/sdb")), "usb");
  EXPECT_EQ(transport_of(device("sdc", pci + "host2/port-2:0/end_device-2:0/block/sdc")), "sas");
  EXPECT_EQ(transport_of(device("sdd", pci + "host2/rport-2:0-1/target2/block/sdd")), "fc");
  EXPECT_EQ(transport_of(device("vda", pci + "virtio1/block/vda")), "virtio");
  EXPECT_EQ(transport_of(device("mmcblk0", pci + "mmc_host/mmc0/mmc0:0001/block/mmcblk0")), "mmc");
  EXPECT_EQ(transport_of(device("sde", "/sys/devices/platform/host9/session1/target9/block/sde")),
            "iscsi");
  EXPECT_EQ(transport_of(device("nvme0n1", pci + "nvme/nvme0/nvme0n1")), "nvme");
  BlockDevice fabric = device("nvme1n1", "/sys/devices/virtual/nvme-fabrics/ctl/nvme1/nvme1n1");
  fabric.nvme_transport = "tcp";
  EXPECT_EQ(transport_of(fabric), "nvme-tcp");
  EXPECT_EQ(transport_of(device("xvda", "/sys/devices/vbd-768/block/xvda")), "");
}

TEST(KindOf, KnowsDisksFromWhatOnlyLooksLikeOne) {
  const std::string bare = "/sys/devices/virtual/block/";
  const auto kind = [&bare](const std::string& name) { return kind_of(device(name, bare + name)); };
  EXPECT_EQ(kind("loop3"), v1::DISK_KIND_LOOP);
  EXPECT_EQ(kind("zram0"), v1::DISK_KIND_ZRAM);
  EXPECT_EQ(kind("ram15"), v1::DISK_KIND_RAM);
  EXPECT_EQ(kind("rbd0"), v1::DISK_KIND_NETWORK);
  EXPECT_EQ(kind("drbd1000"), v1::DISK_KIND_NETWORK);
  EXPECT_EQ(kind("dm-12"), v1::DISK_KIND_VIRTUAL);
  EXPECT_EQ(kind("md127"), v1::DISK_KIND_VIRTUAL);
  EXPECT_EQ(kind("md_home"), v1::DISK_KIND_VIRTUAL);
  EXPECT_EQ(kind("nullb0"), v1::DISK_KIND_VIRTUAL);  // no hardware behind it
  EXPECT_EQ(kind_of(device("sr0", "/sys/devices/pci0000:00/ata5/block/sr0")),
            v1::DISK_KIND_OPTICAL);
  EXPECT_EQ(kind_of(device("sda", "/sys/devices/pci0000:00/ata5/block/sda")),
            v1::DISK_KIND_PHYSICAL);
  EXPECT_EQ(kind_of(device("nvme0n1", "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1")),
            v1::DISK_KIND_PHYSICAL);
}

TEST(KindOf, KnowsLonghornsVolumes) {
  BlockDevice v1_volume = device("sdd", "/sys/devices/platform/host9/session1/block/sdd");
  v1_volume.vendor = "IET     ";
  v1_volume.model = "VIRTUAL-DISK    ";
  EXPECT_EQ(kind_of(v1_volume), v1::DISK_KIND_NETWORK);
  BlockDevice v2_volume = device("nvme1n1", "/sys/devices/virtual/nvme-fabrics/ctl/nvme1/nvme1n1");
  v2_volume.nvme_transport = "tcp";
  v2_volume.nvme_nqn = "nqn.2023-01.io.longhorn.spdk:pvc-1-e-0";
  EXPECT_EQ(kind_of(v2_volume), v1::DISK_KIND_NETWORK);
}

// Disks with the given (wwn, serial), named by assign_identities().
std::vector<Disk> named(const std::vector<std::pair<std::string, std::string>>& claims) {
  std::vector<Disk> disks;
  const BlockDevice device;
  std::vector<const BlockDevice*> devices;
  for (const auto& [wwn, serial] : claims) {
    Disk disk;
    disk.wwn = wwn;
    disk.serial = serial;
    disk.transport = "sata";
    disks.push_back(disk);
    devices.push_back(&device);
  }
  assign_identities(disks, devices);
  return disks;
}

TEST(AssignIdentities, PrefersTheWwn) {
  const auto disks = named({{"naa.5000c50015ea71ac", "S1"}, {"", "S2"}, {"", ""}});
  EXPECT_EQ(disks[0].id, "wwn:naa.5000c50015ea71ac");
  EXPECT_EQ(disks[1].id, "serial:sata:S2");
  EXPECT_EQ(disks[2].id, "");
  EXPECT_EQ(disks[2].identity_fault, IdentityFault::Missing);
}

TEST(AssignIdentities, AWwnOfTwoDisksNamesNeither) {
  const auto disks = named({{"naa.5000c50015ea71ac", "S1"}, {"naa.5000c50015ea71ac", "S2"}});
  EXPECT_EQ(disks[0].id, "serial:sata:S1");
  EXPECT_EQ(disks[1].id, "serial:sata:S2");
}

TEST(AssignIdentities, TwinsHaveNoName) {
  const auto disks = named({{"naa.5000c50015ea71ac", "S"}, {"naa.5000c50015ea71ac", "S"}});
  for (const Disk& disk : disks) {
    EXPECT_EQ(disk.id, "");
    EXPECT_EQ(disk.identity_fault, IdentityFault::Duplicate);
  }
}

}  // namespace
}  // namespace joist::disk
