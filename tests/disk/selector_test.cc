// Goal: a selector names the disks that fit all of it, and no others. Method: tables, each field
// alone and two together.
#include "disk/selector.h"

#include <gtest/gtest.h>

#include <functional>

namespace joist::disk {
namespace {

constexpr std::uint64_t kSizeBytes = 1'000'000;

Disk disk_to_select() {
  Disk disk;
  disk.id = "wwn:naa.5000c50015ea71ac";
  disk.name = "sda";
  disk.model = "ST4000 [NM]";
  disk.transport = "sata";
  disk.by_path = {"/dev/disk/by-path/pci-0000:00:17.0-ata-1",
                  "/dev/disk/by-path/pci-0000:00:17.0-ata-1.0"};
  disk.size_bytes = kSizeBytes;
  disk.rotational = true;
  return disk;
}

struct Row {
  const char* what;
  std::function<void(v1::DiskSelector&)> set;
  bool selected;
};

using Selector = v1::DiskSelector;

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows{
      {"nothing", [](Selector&) {}, true},
      {"id", [](Selector& one) { one.add_ids("wwn:naa.5000c50015ea71ac"); }, true},
      {"id, no pattern", [](Selector& one) { one.add_ids("wwn:*"); }, false},
      {"part of the id", [](Selector& one) { one.add_ids("wwn:naa.5000c50015ea71a"); }, false},
      {"the kernel's name", [](Selector& one) { one.add_ids("sda"); }, false},
      {"one of two ids",
       [](Selector& one) {
         one.add_ids("other");
         one.add_ids("wwn:naa.5000c50015ea71ac");
       },
       true},
      {"path", [](Selector& one) { one.add_paths("pci-0000:00:17.0-ata-1"); }, true},
      {"its second link", [](Selector& one) { one.add_paths("*-ata-1.0"); }, true},
      {"path, ?", [](Selector& one) { one.add_paths("pci-0000:00:17.0-ata-?"); }, true},
      {"path, [ ]", [](Selector& one) { one.add_paths("pci-0000:00:17.0-ata-[1-4]"); }, true},
      {"path, not [ ]", [](Selector& one) { one.add_paths("pci-0000:00:17.0-ata-[!1]"); }, false},
      {"the directory too", [](Selector& one) { one.add_paths("/dev/disk/by-path/*"); }, false},
      {"part of a path", [](Selector& one) { one.add_paths("ata-1"); }, false},
      {"a pattern with an open [", [](Selector& one) { one.add_paths("pci-["); }, false},
      {"an empty pattern", [](Selector& one) { one.add_paths(""); }, false},
      {"model", [](Selector& one) { one.add_models("ST4000*"); }, true},
      {"model, as it stands", [](Selector& one) { one.add_models("ST4000 \\[NM\\]"); }, true},
      {"model, in lower case", [](Selector& one) { one.add_models("st4000*"); }, false},
      {"one of two models",
       [](Selector& one) {
         one.add_models("WD*");
         one.add_models("*");
       },
       true},
      {"transport", [](Selector& one) { one.add_transports("sata"); }, true},
      {"transport, no pattern", [](Selector& one) { one.add_transports("s*"); }, false},
      {"another transport", [](Selector& one) { one.add_transports("nvme"); }, false},
      {"rotating", [](Selector& one) { one.set_rotation(v1::ROTATION_ROTATING); }, true},
      {"solid", [](Selector& one) { one.set_rotation(v1::ROTATION_SOLID); }, false},
      {"its size at least", [](Selector& one) { one.set_size_min_bytes(kSizeBytes); }, true},
      {"more at least", [](Selector& one) { one.set_size_min_bytes(kSizeBytes + 1); }, false},
      {"its size at most", [](Selector& one) { one.set_size_max_bytes(kSizeBytes); }, true},
      {"less at most", [](Selector& one) { one.set_size_max_bytes(kSizeBytes - 1); }, false},
      {"count and reserve, which are the plan's",
       [](Selector& one) {
         one.set_count(1);
         one.set_reserve(9);
       },
       true},
  };
  return kRows;
}

TEST(Selects, HoldsEachField) {
  for (const Row& row : rows()) {
    Selector selector;
    row.set(selector);
    EXPECT_EQ(selects(selector, disk_to_select()), row.selected) << row.what;
  }
}

// Of two rows of one list the entries add up instead: those are left out.
TEST(Selects, HoldsAllOfItsFields) {
  for (const Row& one : rows()) {
    for (const Row& other : rows()) {
      Selector first;
      Selector second;
      one.set(first);
      other.set(second);
      const bool same_list = (first.ids_size() > 0 && second.ids_size() > 0) ||
                             (first.paths_size() > 0 && second.paths_size() > 0) ||
                             (first.models_size() > 0 && second.models_size() > 0) ||
                             (first.transports_size() > 0 && second.transports_size() > 0);
      const bool overwrites = (first.rotation() != 0 && second.rotation() != 0) ||
                              (first.size_min_bytes() != 0 && second.size_min_bytes() != 0) ||
                              (first.size_max_bytes() != 0 && second.size_max_bytes() != 0);
      if (same_list || overwrites) continue;
      first.MergeFrom(second);
      EXPECT_EQ(selects(first, disk_to_select()), one.selected && other.selected)
          << one.what << " and " << other.what;
    }
  }
}

TEST(Selects, ASolidDiskIsNotRotating) {
  Disk disk = disk_to_select();
  disk.rotational = false;
  Selector selector;
  selector.set_rotation(v1::ROTATION_ROTATING);
  EXPECT_FALSE(selects(selector, disk));
  selector.set_rotation(v1::ROTATION_SOLID);
  EXPECT_TRUE(selects(selector, disk));
}

TEST(Selects, NoDiskWithoutTheFactAsked) {
  const Disk unknown;
  for (const Row& row : rows()) {
    Selector selector;
    row.set(selector);
    if (selector.ids_size() + selector.paths_size() + selector.transports_size() == 0) continue;
    EXPECT_FALSE(selects(selector, unknown)) << row.what;
  }
}

// A pattern comes with a request, and must not hold up who matches it.
TEST(Selects, IsDoneSoonWithAPatternOfManyStars) {
  std::string pattern;
  for (int star = 0; star < 100; ++star) pattern += "*a";
  Disk disk = disk_to_select();
  disk.model = std::string(1024, 'a');
  Selector selector;
  selector.add_models(pattern + "b");
  EXPECT_FALSE(selects(selector, disk));
}

// What is not known of it could be what the selector names.
TEST(MaySelect, LeavesOutOnlyWhatIsKnownToBeAnother) {
  Disk function;
  function.name = "0000:3b:00.0";
  function.transport = "nvme";
  function.kind = v1::DISK_KIND_USER_SPACE;
  const std::vector<Row> rows{
      {"nothing", [](Selector&) {}, true},
      {"ids", [](Selector& one) { one.add_ids("wwn:eui.0025388b71b2c3d4"); }, false},
      {"path", [](Selector& one) { one.add_paths("pci-0000:3b:00.0-*"); }, true},
      {"path of another", [](Selector& one) { one.add_paths("pci-0000:3c:00.0-*"); }, false},
      {"model", [](Selector& one) { one.add_models("SAMSUNG*"); }, true},
      {"transport", [](Selector& one) { one.add_transports("nvme"); }, true},
      {"another transport", [](Selector& one) { one.add_transports("sata"); }, false},
      {"size", [](Selector& one) { one.set_size_min_bytes(std::uint64_t{1} << 40); }, true},
      {"size", [](Selector& one) { one.set_size_max_bytes(1); }, true},
      {"solid", [](Selector& one) { one.set_rotation(v1::ROTATION_SOLID); }, true},
      {"rotating", [](Selector& one) { one.set_rotation(v1::ROTATION_ROTATING); }, false},
  };
  for (const Row& row : rows) {
    Selector selector;
    row.set(selector);
    EXPECT_EQ(may_select(selector, function), row.selected) << row.what;
    EXPECT_FALSE(may_select(selector, disk_to_select())) << row.what;
  }
}

}  // namespace
}  // namespace joist::disk
