// Goal: however the system stands on its disks, a plan that wants every disk takes none of those.
// Method: stacks (partitions, LVM, md, LUKS, multipath, bcache, btrfs, loop, and each on the other)
// by what stands on them (/, /usr, /boot, swap, …), as the kernel shows them; every disk reads as
// blank but for its partitions, so that nothing but the way down protects it; a spare disk beside
// shows that it is a way, and no refusal of everything.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "disk/plan.h"

namespace joist::disk {
namespace {

constexpr std::uint64_t kSizeBytes = std::uint64_t{1} << 40;

class Layout {
 public:
  Layout() { add_disk("sdz"); }  // the spare one

  // A whole disk. Its name.
  std::string add_disk(const std::string& name) {
    BlockDevice& device = add(name);
    device.path = "/sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/block/" + name;
    device.wwid = "naa.5000c5000000" + std::to_string(1000 + layer_.devices.size());
    return name;
  }

  std::string add_partition(const std::string& disk, std::uint32_t number) {
    BlockDevice& device = add(disk + std::to_string(number));
    device.parent = disk;
    device.partition = number;
    device.start_bytes = std::uint64_t{number} << 20;
    device.size_bytes = kSizeBytes / 8;
    return device.name;
  }

  // dm, md, bcache: stands on others.
  std::string add_stacked(const std::string& name, const std::vector<std::string>& slaves,
                          const std::string& dm_uuid = "") {
    BlockDevice& device = add(name);
    device.path = "/sys/devices/virtual/block/" + name;
    device.slaves = slaves;
    device.dm_uuid = dm_uuid;
    if (!dm_uuid.empty()) device.dm_name = "mapped-" + name;
    for (const std::string& slave : slaves) find(slave).holders.push_back(name);
    return name;
  }

  std::string add_loop(const std::string& file) {
    BlockDevice& device = add("loop0");
    device.path = "/sys/devices/virtual/block/loop0";
    device.backing_file = file;
    return device.name;
  }

  void mount(const std::string& device, const std::string& point,
             const std::string& type = "ext4") {
    layer_.mounts.push_back({.id = static_cast<std::uint32_t>(layer_.mounts.size() + 1),
                             .device = type == "btrfs" ? DeviceNumber{0, 30} : find(device).number,
                             .root = "/",
                             .point = point,
                             .type = type,
                             .source = "/dev/" + device,
                             .source_device = device});
  }

  void swap_on(const std::string& device) {
    layer_.swaps.push_back({.path = "/dev/" + device, .device = device});
  }
  void swap_file(const std::string& path) { layer_.swaps.push_back({.path = path, .file = true}); }
  void resume_from(const std::string& spec) { layer_.resume.push_back({spec, {}}); }
  void resume_from_device(const std::string& device) {
    const DeviceNumber number = find(device).number;
    resume_from(std::to_string(number.major) + ":" + std::to_string(number.minor));
  }
  void udev_says(const std::string& device, const std::string& property, const std::string& value) {
    find(device).udev.properties[property] = value;
  }
  void btrfs(const std::vector<std::string>& devices) {
    layer_.btrfs.push_back({"1c9a-uuid", devices});
  }

  // What a plan takes of it that wants every disk, all of which read as blank.
  std::vector<std::string> taken(const std::map<std::string, Signature>& on_disk = {}) const {
    const Inventory inventory = take_inventory(layer_, {});
    v1::StorageSpec spec;
    v1::StorageUse& use = *spec.add_uses();
    use.set_name("all");
    use.set_kind(v1::STORAGE_USE_KIND_LOCAL);
    std::map<std::string, Result<ProbeResult>> probes;
    for (const Disk& disk : inventory.disks) {
      ProbeResult blank;
      blank.diskseq = disk.diskseq;
      blank.size_bytes = disk.size_bytes;
      blank.logical_sector_bytes = disk.logical_sector_bytes;
      blank.partitions = disk.partitions;
      if (const auto found = on_disk.find(disk.name); found != on_disk.end()) {
        blank.signatures.push_back(found->second);
      }
      probes.emplace(disk.name, blank);
    }
    const auto plan = plan_disks({"host", classify(inventory, probes, spec), spec, {}});
    std::vector<std::string> names;
    for (const v1::PlannedDisk& planned : plan.disks()) {
      if (!planned.steps().empty()) names.push_back(planned.name());
    }
    std::ranges::sort(names);
    return names;
  }

 private:
  BlockDevice& add(const std::string& name) {
    BlockDevice& device = layer_.devices.emplace_back();
    device.name = name;
    device.number = {8, static_cast<std::uint32_t>(layer_.devices.size())};
    device.size_bytes = kSizeBytes;
    device.logical_sector_bytes = 512;
    device.physical_sector_bytes = 4096;
    device.diskseq = layer_.devices.size();
    device.zoned = "none";
    return device;
  }

  BlockDevice& find(const std::string& name) {
    return *std::ranges::find(layer_.devices, name, &BlockDevice::name);
  }

  BlockLayer layer_;
};

// Builds a stack, and says what the system stands on.
struct Stack {
  const char* name;
  std::function<std::string(Layout&)> build;
};

std::string two_partitions(Layout& layout, std::vector<std::string>& parts) {
  for (const char* disk : {"sda", "sdb"}) {
    layout.add_disk(disk);
    parts.push_back(layout.add_partition(disk, 2));
  }
  return parts.front();
}

const std::vector<Stack> kStacks{
    {"whole_disk", [](Layout& on) { return on.add_disk("sda"); }},
    {"partition", [](Layout& on) { return on.add_partition(on.add_disk("sda"), 2); }},
    {"lvm",
     [](Layout& on) {
       return on.add_stacked("dm-0", {on.add_partition(on.add_disk("sda"), 3)}, "LVM-abc");
     }},
    {"lvm_over_two_disks",
     [](Layout& on) {
       return on.add_stacked("dm-0", {on.add_disk("sda"), on.add_disk("sdb")}, "LVM-abc");
     }},
    {"lvm_thin",
     [](Layout& on) {
       const auto meta = on.add_stacked("dm-0", {on.add_disk("sda")}, "LVM-tmeta");
       const auto data = on.add_stacked("dm-1", {"sda"}, "LVM-tdata");
       const auto pool = on.add_stacked("dm-2", {meta, data}, "LVM-tpool");
       return on.add_stacked("dm-3", {pool}, "LVM-thin");
     }},
    {"md",
     [](Layout& on) {
       std::vector<std::string> parts;
       two_partitions(on, parts);
       return on.add_stacked("md127", parts);
     }},
    {"lvm_on_md",
     [](Layout& on) {
       std::vector<std::string> parts;
       two_partitions(on, parts);
       return on.add_stacked("dm-0", {on.add_stacked("md0", parts)}, "LVM-abc");
     }},
    {"luks",
     [](Layout& on) {
       return on.add_stacked("dm-0", {on.add_partition(on.add_disk("sda"), 3)}, "CRYPT-LUKS2-a");
     }},
    {"lvm_on_luks",
     [](Layout& on) {
       const auto crypt = on.add_stacked("dm-0", {on.add_disk("sda")}, "CRYPT-LUKS2-a");
       return on.add_stacked("dm-1", {crypt}, "LVM-abc");
     }},
    {"lvm_on_luks_on_md",
     [](Layout& on) {
       std::vector<std::string> parts;
       two_partitions(on, parts);
       const auto crypt = on.add_stacked("dm-0", {on.add_stacked("md0", parts)}, "CRYPT-LUKS2-a");
       return on.add_stacked("dm-1", {crypt}, "LVM-abc");
     }},
    {"multipath",
     [](Layout& on) {
       return on.add_stacked("dm-0", {on.add_disk("sda"), on.add_disk("sdb")}, "mpath-3600");
     }},
    {"lvm_on_multipath",
     [](Layout& on) {
       const auto path =
           on.add_stacked("dm-0", {on.add_disk("sda"), on.add_disk("sdb")}, "mpath-3600");
       return on.add_stacked("dm-1", {path}, "LVM-abc");
     }},
    {"bcache",
     [](Layout& on) {
       return on.add_stacked("bcache0", {on.add_disk("sda"), on.add_disk("sdb")});
     }},
    {"loop_file_on_a_partition",
     [](Layout& on) {
       on.mount(on.add_partition(on.add_disk("sda"), 1), "/host");
       return on.add_loop("/host/root.img");
     }},
};

// What stands on the stack. Where that is not /, / stands on a disk of its own.
struct Place {
  const char* name;
  std::function<void(Layout&, const std::string&)> put;
  bool is_root;
};

const std::vector<Place> kPlaces{
    {"root", [](Layout& on, const std::string& top) { on.mount(top, "/"); }, true},
    {"usr", [](Layout& on, const std::string& top) { on.mount(top, "/usr"); }, false},
    {"boot", [](Layout& on, const std::string& top) { on.mount(top, "/boot"); }, false},
    {"var", [](Layout& on, const std::string& top) { on.mount(top, "/var", "xfs"); }, false},
    {"swap", [](Layout& on, const std::string& top) { on.swap_on(top); }, false},
    {"resume", [](Layout& on, const std::string& top) { on.resume_from_device(top); }, false},
};

TEST(RootLayouts, NoneOfTheSystemsDisksIsTaken) {
  int layouts = 0;
  for (const Stack& stack : kStacks) {
    for (const Place& place : kPlaces) {
      Layout layout;
      const std::string top = stack.build(layout);
      if (!place.is_root) layout.mount(layout.add_partition(layout.add_disk("sdr"), 1), "/");
      place.put(layout, top);
      EXPECT_EQ(layout.taken(), std::vector<std::string>{"sdz"})
          << place.name << " on " << stack.name;
      ++layouts;
    }
  }
  EXPECT_GE(layouts, 40);
}

TEST(RootLayouts, BtrfsProtectsAllOfItsDevices) {
  Layout layout;
  const std::vector<std::string> members{layout.add_disk("sda"), layout.add_disk("sdb"),
                                         layout.add_partition(layout.add_disk("sdc"), 1)};
  layout.btrfs(members);
  layout.mount("sda", "/", "btrfs");
  EXPECT_EQ(layout.taken(), std::vector<std::string>{"sdz"});
}

TEST(RootLayouts, ASwapFileProtectsTheDiskItLiesOn) {
  Layout layout;
  layout.mount(layout.add_partition(layout.add_disk("sda"), 1), "/");
  layout.mount(layout.add_disk("sdb"), "/scratch");
  layout.swap_file("/scratch/swap");
  EXPECT_EQ(layout.taken(), std::vector<std::string>{"sdz"});
}

// sda carries the system. sdb2 is swap that is off, and what resume= may name; sdc2 is like it.
Layout with_a_swap_area() {
  Layout layout;
  layout.mount(layout.add_partition(layout.add_disk("sda"), 1), "/");
  for (const std::string disk : {"sdb", "sdc"}) {
    const std::string part = layout.add_partition(layout.add_disk(disk), 2);
    layout.udev_says(part, "ID_FS_UUID", "6f1c-uuid-" + disk);
    layout.udev_says(part, "ID_FS_LABEL", "sleep-" + disk);
    layout.udev_says(part, "ID_PART_ENTRY_SCHEME", "gpt");
    layout.udev_says(part, "ID_PART_ENTRY_UUID", "0a1b-part-" + disk);
    layout.udev_says(part, "ID_PART_ENTRY_NAME", "swap-" + disk);
  }
  layout.udev_says("sda1", "ID_PART_ENTRY_SCHEME", "gpt");
  return layout;
}

TEST(RootLayouts, WhatTheKernelResumesFromIsProtectedHoweverItIsNamed) {
  const std::vector<std::string> rest{"sdc", "sdz"};
  for (const std::string spec :
       {"8:5", "805", "/dev/sdb2", "UUID=6f1c-uuid-sdb", "UUID=6F1C-UUID-SDB", "LABEL=sleep-sdb",
        "PARTUUID=0A1B-part-sdb", "PARTUUID=0a1b-part-sdb/PARTNROFF=1", "PARTLABEL=swap-sdb"}) {
    Layout layout = with_a_swap_area();
    layout.resume_from(spec);
    EXPECT_EQ(layout.taken(), rest) << spec;
  }
}

// A swap area that is gone stays in the configuration for years.
TEST(RootLayouts, AResumeThatNamesNothingHereProtectsNothing) {
  const std::vector<std::string> all{"sdb", "sdc", "sdz"};
  for (const std::string spec :
       {"8:99", "8ff", "/dev/sdy2", "UUID=gone", "LABEL=gone", "PARTUUID=gone", "PARTLABEL=gone",
        "none", "/dev/mapper/vg-swap", "UUID=", ""}) {
    Layout layout = with_a_swap_area();
    layout.resume_from(spec);
    EXPECT_EQ(layout.taken(), all) << spec;
  }
}

TEST(RootLayouts, APartitionOfWhichUdevSaysNothingMayBeTheOneToResumeFrom) {
  for (const std::string spec : {"PARTUUID=gone", "PARTLABEL=gone"}) {
    Layout layout = with_a_swap_area();
    layout.udev_says("sdc2", "ID_PART_ENTRY_SCHEME", "");
    layout.resume_from(spec);
    EXPECT_EQ(layout.taken(), (std::vector<std::string>{"sdb", "sdz"})) << spec;
  }
}

TEST(RootLayouts, WhatIsReadFromADiskTellsWhatUdevDoesNot) {
  Signature swap;
  swap.type = "swap";
  swap.uuid = "7e7e-uuid";
  swap.label = "sleep";
  swap.device = "sdb";
  for (const std::string spec : {"UUID=7e7e-uuid", "LABEL=sleep"}) {
    Layout layout = with_a_swap_area();
    EXPECT_EQ(layout.taken({{"sdb", swap}}), (std::vector<std::string>{"sdb", "sdc", "sdz"}));
    layout.resume_from(spec);
    EXPECT_EQ(layout.taken({{"sdb", swap}}), (std::vector<std::string>{"sdc", "sdz"})) << spec;
  }
}

// Where the way down is not known to its end, nothing is taken at all.
TEST(RootLayouts, NothingIsTakenWhereTheWayDownIsNotKnown) {
  const std::vector<std::function<void(Layout&)>> unknown{
      [](Layout& on) { on.mount(on.add_stacked("dm-0", {}, "LVM-abc"), "/"); },
      [](Layout& on) { on.mount(on.add_stacked("md0", {}), "/"); },
      [](Layout& on) { on.mount(on.add_disk("sda"), "/", "btrfs"); },
      [](Layout& on) { on.mount(on.add_loop("/nowhere/root.img"), "/"); },
      [](Layout&) {},  // no / at all
      [](Layout& on) {
        on.mount(on.add_disk("sda"), "/");
        on.swap_file("/nowhere/at/all");
        on.mount(on.add_stacked("dm-0", {}, "CRYPT-x"), "/usr");
      },
      [](Layout& on) {
        on.mount(on.add_disk("sda"), "/");
        on.add_stacked("dm-0", {}, "LVM-swap");
        on.resume_from("/dev/mapper/mapped-dm-0");
      },
  };
  for (std::size_t index = 0; index < unknown.size(); ++index) {
    Layout layout;
    unknown[index](layout);
    EXPECT_TRUE(layout.taken().empty()) << index;
  }
}

}  // namespace
}  // namespace joist::disk
