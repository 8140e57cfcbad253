// Goal: from the files of whole hosts to what each disk is. Method: recorded
// hosts (tests/fixtures/hosts), every disk probed blank unless a test says
// otherwise, so that nothing but what was observed keeps it from being blank.
#include "disk/observe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "disk/classify.h"
#include "tests/support/host_tree.h"

namespace joist::disk {
namespace {

using support::TempRoot;
using support::unpack_host;

Inventory inventory_of(const TempRoot& root) {
  auto inventory = observe(root.sys_root(), Moment{});
  EXPECT_TRUE(inventory.has_value()) << inventory.error().message;
  return inventory ? *inventory : Inventory{};
}

// "sda" -> "system SystemMount Held …": class and reason codes.
std::map<std::string, std::string> classes_if_blank(const Inventory& inventory) {
  v1::StorageSpec spec;
  spec.add_allowed_kinds(v1::DISK_KIND_LOOP);
  std::map<std::string, Result<ProbeResult>> probes;
  for (const Disk& disk : inventory.disks) {
    if (!worth_probing(disk, spec)) continue;
    ProbeResult blank;
    blank.size_bytes = disk.size_bytes;
    blank.logical_sector_bytes = disk.logical_sector_bytes;
    blank.diskseq = disk.diskseq;
    probes.emplace(disk.name, blank);
  }
  std::map<std::string, std::string> classes;
  for (const ClassifiedDisk& disk : classify(inventory, probes, spec)) {
    std::string& text = classes[disk.disk.name];
    text = class_name(disk.verdict.disk_class);
    for (const Reason& reason : disk.verdict.reasons) text += " " + reason.code;
  }
  return classes;
}

const Disk& find(const Inventory& inventory, const std::string& name) {
  for (const Disk& disk : inventory.disks) {
    if (disk.name == name) return disk;
  }
  ADD_FAILURE() << "no disk " << name;
  static const Disk none;
  return none;
}

TEST(Observe, TracesRootThroughLvmAndMdToBothDisks) {
  const TempRoot root;
  unpack_host(root, "lvm-on-md");
  const Inventory inventory = inventory_of(root);

  EXPECT_EQ(inventory.system_unresolved, "");
  const std::map<std::string, std::string> expected{
      {"dm-0", "system SystemMount KindNotAllowed NoStableIdentity"},
      {"dm-1", "system SystemSwap KindNotAllowed NoStableIdentity"},
      {"md0", "system SystemSwap SystemMount Held Held KindNotAllowed NoStableIdentity"},
      {"nvme0n1", "blank NothingFound"},
      {"sda", "system SystemSwap SystemMount BootPartition Held HasPartitions"},
      {"sdb", "system SystemSwap SystemMount Held HasPartitions"},
      {"sdc", "blank NothingFound"},
  };
  EXPECT_EQ(classes_if_blank(inventory), expected);
}

TEST(Observe, KnowsWhatADiskIs) {
  const TempRoot root;
  unpack_host(root, "lvm-on-md");
  const Inventory inventory = inventory_of(root);

  const Disk& sas = find(inventory, "sdc");
  EXPECT_EQ(sas.id, "wwn:naa.5000c50015ea71ac");
  EXPECT_EQ(sas.serial, "ZA1GH5XW");
  EXPECT_EQ(sas.model, "ST8000NM0075");
  EXPECT_EQ(sas.transport, "sas");
  EXPECT_EQ(sas.size_bytes, 8'000'000'000'000U);
  EXPECT_EQ(sas.logical_sector_bytes, 512U);
  EXPECT_EQ(sas.physical_sector_bytes, 4096U);
  EXPECT_TRUE(sas.rotational);
  EXPECT_EQ(sas.diskseq, 3U);
  EXPECT_EQ(sas.by_id, std::vector<std::string>{"/dev/disk/by-id/wwn-0x5000c50015ea71ac"});
  EXPECT_EQ(sas.by_path,
            std::vector<std::string>{"/dev/disk/by-path/pci-0000:03:00.0-sas-phy0-lun-0"});

  const Disk& nvme = find(inventory, "nvme0n1");
  EXPECT_EQ(nvme.id, "wwn:eui.0025385b11b2a3c4");
  EXPECT_EQ(nvme.transport, "nvme");

  const Disk& sata = find(inventory, "sda");
  ASSERT_EQ(sata.partitions.size(), 2U);
  EXPECT_EQ(sata.partitions[0], (Partition{"sda1", 1'048'576, std::uint64_t{512} << 20,
                                           "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"}));
  EXPECT_EQ(sata.udev_types, (std::vector<std::string>{"gpt", "vfat"}));
}

TEST(Observe, SeesBothMembersOfABtrfsAndTwinsAsNameless) {
  const TempRoot root;
  unpack_host(root, "btrfs-raid1");
  const Inventory inventory = inventory_of(root);

  EXPECT_EQ(inventory.system_unresolved, "");
  const std::map<std::string, std::string> expected{
      {"vda", "system SystemMount Mounted HasPartitions"},
      {"vdb", "system SystemMount Mounted"},
      {"vdc", "unusable DuplicateIdentity"},
      {"vdd", "unusable DuplicateIdentity"},
  };
  EXPECT_EQ(classes_if_blank(inventory), expected);
  EXPECT_EQ(find(inventory, "vdb").id, "serial:virtio:MIRROR");
}

TEST(Observe, ProtectsEveryDiskWhereBtrfsDoesNotTellItsMembers) {
  const TempRoot root;
  unpack_host(root, "btrfs-raid1");
  std::filesystem::remove_all(root.path() / "sys/fs/btrfs");
  const Inventory inventory = inventory_of(root);

  EXPECT_NE(inventory.system_unresolved, "");
  for (const auto& [name, text] : classes_if_blank(inventory)) {
    EXPECT_EQ(text.find("system "), 0U) << name << ": " << text;
  }
}

TEST(Observe, ProtectsEveryDiskUnderARootOnZfs) {
  const TempRoot root;
  unpack_host(root, "zfs-root");
  const Inventory inventory = inventory_of(root);

  EXPECT_EQ(inventory.system_unresolved,
            "/ (zfs from \"rpool/ROOT/ubuntu\") cannot be traced to the disks it stands on");
  const std::map<std::string, std::string> expected{{"sda", "system SystemDiskUnknown"},
                                                    {"sdb", "system SystemDiskUnknown"}};
  EXPECT_EQ(classes_if_blank(inventory), expected);
}

TEST(Observe, KnowsAKubernetesNodeFromWithinAContainer) {
  const TempRoot root;
  unpack_host(root, "kubernetes-node");
  const Inventory inventory = inventory_of(root);

  EXPECT_EQ(inventory.system_unresolved, "");
  const std::map<std::string, std::string> expected{
      {"dm-0", "in-use Mounted KindNotAllowed NoStableIdentity"},
      {"drbd1000", "unusable KindNotAllowed NoStableIdentity"},
      {"loop1", "blank NothingFound"},
      {"loop2", "unusable NoStableIdentity"},
      {"nvme0n1", "system SystemSwap SystemMount HasPartitions"},
      {"nvme0n2", "blank NothingFound"},
      {"rbd0", "in-use Mounted KindNotAllowed NoStableIdentity"},
      {"sdb", "in-use Mounted Held DuplicateIdentity"},
      {"sdc", "in-use Mounted Held DuplicateIdentity"},
      {"sdd", "unusable KindNotAllowed NoStableIdentity"},
      {"sde", "unusable Removable NoStableIdentity"},
      {"sr0", "unusable KindNotAllowed TooSmall Removable NoStableIdentity"},
      {"zram0", "system SystemSwap KindNotAllowed TooSmall NoStableIdentity"},
  };
  EXPECT_EQ(classes_if_blank(inventory), expected);
  EXPECT_EQ(find(inventory, "nvme0n1").id, "serial:nvme:S4EV0001");
  EXPECT_EQ(find(inventory, "nvme0n2").id, "serial:nvme:S4EV0001:2");
  EXPECT_EQ(find(inventory, "loop1").id, "file:/var/lib/lab/disk1.img");
  EXPECT_EQ(find(inventory, "loop2").id, "");
  // One use for the volume, however many pods have it bound.
  EXPECT_EQ(find(inventory, "rbd0").uses.size(), 1U);
}

TEST(Observe, LooksPastItsOwnMountsWherePidOneIsHidden) {
  const TempRoot root;
  unpack_host(root, "lvm-on-md");
  std::filesystem::remove(root.path() / "proc/1/mountinfo");
  EXPECT_EQ(inventory_of(root).system_unresolved, "");
  // A container of its own, and nothing else to go by.
  root.write("/proc/self/mountinfo", "1 0 0:60 / / rw - overlay overlay rw,lowerdir=/c\n");
  EXPECT_NE(inventory_of(root).system_unresolved, "");
}

TEST(Observe, ProtectsEveryDiskWhereSomethingCannotBeRead) {
  struct Damage {
    const char* path;
    const char* text;  // nullptr: removed
  };
  for (const Damage& damage :
       {Damage{"/proc/1/mountinfo", "what is this\n"}, Damage{"/proc/swaps", "Filename\nx\n"},
        Damage{"/proc/1/mountinfo", "36 35 253:0 / /mnt rw - ext4 /dev/sda rw\n"},
        Damage{"/sys/devices/virtual/block/md0/slaves", nullptr},
        Damage{"/sys/devices/virtual/block/md0/holders", "no directory\n"},
        Damage{"/sys/fs/btrfs", "no directory\n"}, Damage{"/proc/cmdline/x", "no file\n"},
        Damage{"/sys/power/resume/x", "no file\n"}, Damage{"/sys/class/block/sda2", nullptr},
        Damage{"/sys/devices/virtual/block/dm-1/dev", "nonsense\n"}}) {
    SCOPED_TRACE(std::string(damage.path) + ": " + (damage.text ? damage.text : "removed"));
    const TempRoot root;
    unpack_host(root, "lvm-on-md");
    std::filesystem::remove_all(root.sys_root().resolve(damage.path));
    if (damage.text != nullptr) root.write(damage.path, damage.text);
    EXPECT_NE(inventory_of(root).system_unresolved, "");
  }
}

TEST(Observe, ProtectsWhatTheKernelResumesFrom) {
  struct Row {
    const char* command_line;
    const char* number;  // /sys/power/resume
    std::vector<std::string> resumed_from;
  };
  for (const Row& row :
       {Row{"ro quiet\n", "0:0\n", {}}, Row{"resume=/dev/vdc\n", "0:0\n", {"vdc"}},
        Row{"ro\n", "254:48\n", {"vdd"}}, Row{"resume=/dev/vdc ro\n", "254:32\n", {"vdc"}},
        Row{"resume=/dev/vdz\n", "253:7\n", {}}}) {
    SCOPED_TRACE(row.command_line);
    const TempRoot root;
    unpack_host(root, "btrfs-raid1");
    root.write("/proc/cmdline", row.command_line);
    root.write("/sys/power/resume", row.number);
    root.write("/dev/vdc", "");
    const Inventory inventory = inventory_of(root);
    EXPECT_EQ(inventory.system_unresolved, "");
    std::vector<std::string> found;
    for (const Disk& disk : inventory.disks) {
      const auto said = std::ranges::count(disk.uses, "resume", &Use::kind);
      EXPECT_LE(said, 1) << disk.name;
      if (said > 0) found.push_back(disk.name);
    }
    EXPECT_EQ(found, row.resumed_from);
  }
}

TEST(Observe, ListsNvmeFunctionsThatUserSpaceHas) {
  const TempRoot root;
  unpack_host(root, "longhorn-v2");
  const Inventory inventory = inventory_of(root);
  EXPECT_EQ(inventory.system_unresolved, "");
  const std::map<std::string, std::string> expected{
      {"0000:3b:00.0", "in-use HeldByUserSpace"},
      {"0000:3c:00.0", "in-use HeldByUserSpace"},
      {"0000:3d:00.0", "unusable NoDriver"},
      {"nvme0n1", "blank NothingFound"},
      {"vda", "system SystemMount"},
  };
  EXPECT_EQ(classes_if_blank(inventory), expected);
  const Disk& taken = find(inventory, "0000:3c:00.0");
  EXPECT_EQ(taken.kind, v1::DISK_KIND_USER_SPACE);
  EXPECT_EQ(taken.transport, "nvme");
  EXPECT_EQ(taken.model, "PCI 8086:0a54");
  ASSERT_EQ(taken.uses.size(), 1U);
  EXPECT_EQ(taken.uses[0].target, "uio_pci_generic");
  EXPECT_FALSE(worth_probing(taken, {}));
}

TEST(Observe, FailsWithoutSysfs) {
  const TempRoot root;
  const auto inventory = observe(root.sys_root(), Moment{});
  ASSERT_FALSE(inventory.has_value());
  EXPECT_NE(inventory.error().message.find("/sys/class/block"), std::string::npos);
}

TEST(Observe, LosesADiskThatGoesAwayMeanwhile) {
  const TempRoot root;
  unpack_host(root, "lvm-on-md");
  // A link whose device is gone is what a hot-unplug leaves for a moment.
  std::filesystem::remove_all(
      root.path() /
      "sys/devices/pci0000:00/0000:03:00.0/host2/port-2:0/end_device-2:0/target2:0:0/2:0:0:0");
  const Inventory inventory = inventory_of(root);
  EXPECT_EQ(inventory.system_unresolved, "");
  EXPECT_FALSE(classes_if_blank(inventory).contains("sdc"));
}

}  // namespace
}  // namespace joist::disk
