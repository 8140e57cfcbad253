// Goal: every class and every reason, each by the one fact that makes it.
// Method: a disk that is blank, with one thing changed.
#include "disk/classify.h"

#include <gtest/gtest.h>

#include <functional>

namespace joist::disk {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

struct Case {
  Disk disk;
  ProbeOutcome probe;
  v1::StorageSpec spec;
  std::string system_unresolved;
};

Case blank_disk() {
  Case made;
  made.disk.id = "wwn:naa.5000c50015ea71ac";
  made.disk.identity_fault = IdentityFault::None;
  made.disk.name = "sdb";
  made.disk.kind = v1::DISK_KIND_PHYSICAL;
  made.disk.size_bytes = 100 * kGiB;
  made.disk.logical_sector_bytes = 512;
  made.disk.physical_sector_bytes = 4096;
  made.disk.diskseq = 7;
  ProbeResult result;
  result.diskseq = 7;
  result.size_bytes = 100 * kGiB;
  result.logical_sector_bytes = 512;
  result.physical_sector_bytes = 4096;
  made.probe = Result<ProbeResult>(result);
  return made;
}

ProbeResult& found(Case& on) { return **on.probe; }

// "foreign HasSignature HasPartitions"
std::string shown(const Verdict& verdict) {
  std::string text(class_name(verdict.disk_class));
  for (const Reason& reason : verdict.reasons) text += " " + reason.code;
  return text;
}

std::string judged(const Case& on) {
  return shown(classify(on.disk, on.system_unresolved, on.probe, on.spec));
}

TEST(Classify, HasABlankDiskToStartFrom) { EXPECT_EQ(judged(blank_disk()), "blank NothingFound"); }

struct Change {
  const char* name;
  std::function<void(Case&)> make;
  const char* expected;
};

// GoogleTest's own name.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

class ClassifyOneChange : public ::testing::TestWithParam<Change> {};

TEST_P(ClassifyOneChange, SaysWhatAndWhy) {
  Case on = blank_disk();
  GetParam().make(on);
  EXPECT_EQ(judged(on), GetParam().expected);
}

const std::vector<Change> kSystem{
    {"root",
     [](Case& on) {
       on.disk.uses = {{"mount", "/", "sdb2", true}};
     },
     "system SystemMount"},
    {"swap",
     [](Case& on) {
       on.disk.uses = {{"swap", "swap", "dm-1", true}};
     },
     "system SystemSwap"},
    {"resume",
     [](Case& on) {
       on.disk.uses = {{"resume", "UUID=6f1c", "sdb2", true}};
     },
     "system SystemResume"},
    {"efi_by_udev",
     [](Case& on) {
       on.disk.partitions = {{"sdb1", 1 << 20, 1 << 29, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"}};
     },
     "system BootPartition HasPartitions"},
    {"efi_by_probe",
     [](Case& on) {
       found(on).partitions = {{"sdb1", 1 << 20, 1 << 29, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"}};
     },
     "system BootPartition HasPartitions"},
    {"efi_in_mbr",
     [](Case& on) {
       found(on).partitions = {{"sdb1", 1 << 20, 1 << 29, "0xef"}};
     },
     "system BootPartition HasPartitions"},
    {"bios_boot",
     [](Case& on) {
       found(on).partitions = {{"sdb1", 1 << 20, 1 << 20, "21686148-6449-6e6f-744e-656564454649"}};
     },
     "system BootPartition HasPartitions"},
    {"root_unresolved", [](Case& on) { on.system_unresolved = "/ is on zfs"; },
     "system SystemDiskUnknown"},
    {"root_and_unreadable",
     [](Case& on) {
       on.disk.uses = {{"mount", "/", "sdb2", true}};
       on.probe = Result<ProbeResult>(fail(ErrorCode::Refused, "open /dev/sdb: not permitted"));
     },
     "system SystemMount NotProbed"},
};

const std::vector<Change> kInUse{
    {"mounted",
     [](Case& on) {
       on.disk.uses = {{"mount", "/data", "sdb1", false}};
     },
     "in-use Mounted"},
    {"held",
     [](Case& on) {
       on.disk.uses = {{"holder", "dm-3", "sdb", false}};
     },
     "in-use Held"},
    {"held_since", [](Case& on) { found(on).holders = {"dm-3"}; }, "in-use Held"},
    {"held_once",
     [](Case& on) {
       on.disk.uses = {{"holder", "dm-3", "sdb", false}};
       found(on).holders = {"dm-3"};
     },
     "in-use Held"},
    {"exclusive", [](Case& on) { found(on).held = true; }, "in-use HeldExclusively"},
    {"mounted_with_signature",
     [](Case& on) {
       on.disk.uses = {{"mount", "/data", "sdb", false}};
       found(on).held = true;
       found(on).signatures = {{.type = "xfs"}};
     },
     "in-use Mounted HeldExclusively HasSignature"},
};

const std::vector<Change> kUnusable{
    {"loop", [](Case& on) { on.disk.kind = v1::DISK_KIND_LOOP; }, "unusable KindNotAllowed"},
    {"zram", [](Case& on) { on.disk.kind = v1::DISK_KIND_ZRAM; }, "unusable KindNotAllowed"},
    {"unknown_kind", [](Case& on) { on.disk.kind = v1::DISK_KIND_UNSPECIFIED; },
     "unusable KindNotAllowed"},
    {"network_even_if_named",
     [](Case& on) {
       on.disk.kind = v1::DISK_KIND_NETWORK;
       on.spec.add_allowed_kinds(v1::DISK_KIND_NETWORK);
     },
     "unusable KindNotAllowed"},
    {"virtual_even_if_named",
     [](Case& on) {
       on.disk.kind = v1::DISK_KIND_VIRTUAL;
       on.spec.add_allowed_kinds(v1::DISK_KIND_VIRTUAL);
     },
     "unusable KindNotAllowed"},
    {"no_medium", [](Case& on) { on.disk.size_bytes = 0; }, "unusable NoMedium"},
    {"small_by_default",
     [](Case& on) { on.disk.size_bytes = found(on).size_bytes = 5 * kGiB - 512; },
     "unusable TooSmall"},
    {"small_by_spec", [](Case& on) { on.spec.set_size_min_bytes(100 * kGiB + 1); },
     "unusable TooSmall"},
    {"read_only", [](Case& on) { on.disk.read_only = true; }, "unusable ReadOnly"},
    {"read_only_since", [](Case& on) { found(on).read_only = true; }, "unusable ReadOnly"},
    {"removable", [](Case& on) { on.disk.removable = true; }, "unusable Removable"},
    {"zoned", [](Case& on) { on.disk.zoned = true; }, "unusable Zoned"},
    {"sector_520",
     [](Case& on) { on.disk.logical_sector_bytes = found(on).logical_sector_bytes = 520; },
     "unusable SectorSize"},
    {"no_identity", [](Case& on) { on.disk.identity_fault = IdentityFault::Missing; },
     "unusable NoStableIdentity"},
    {"double_identity", [](Case& on) { on.disk.identity_fault = IdentityFault::Duplicate; },
     "unusable DuplicateIdentity"},
    {"removable_with_data",
     [](Case& on) {
       on.disk.removable = true;
       found(on).signatures = {{.type = "vfat"}};
     },
     "unusable Removable HasSignature"},
};

const std::vector<Change> kForeign{
    {"signature", [](Case& on) { found(on).signatures = {{.type = "ext4"}}; },
     "foreign HasSignature"},
    {"two_signatures",
     [](Case& on) {
       found(on).signatures = {{.type = "ext4"}, {.type = "LVM2_member"}};
     },
     "foreign HasSignature HasSignature"},
    {"copies",
     [](Case& on) {
       found(on).signatures = {{.type = "ext4", .offset_bytes = 1080},
                               {.type = "ext4", .offset_bytes = 134217784}};
     },
     "foreign HasSignature"},
    {"partitions",
     [](Case& on) {
       on.disk.partitions = {{"sdb1", 1 << 20, 1 << 20, ""}};
     },
     "foreign HasPartitions"},
    {"data", [](Case& on) { found(on).data_offsets_bytes = {4096}; }, "foreign HasData"},
    {"udev_saw_more_since", [](Case& on) { on.disk.udev_types = {"ext4"}; },
     "foreign HasSignature"},
    {"truncated", [](Case& on) { found(on).truncated = true; }, "foreign MoreFound"},
    {"not_probed", [](Case& on) { on.probe.reset(); }, "foreign NotProbed"},
    {"helper_away",
     [](Case& on) { on.probe = Result<ProbeResult>(fail(ErrorCode::Unavailable, "no helper")); },
     "foreign NotProbed"},
    {"unreadable",
     [](Case& on) { on.probe = Result<ProbeResult>(fail(ErrorCode::Io, "read sdb: EIO")); },
     "foreign Unreadable"},
    {"udev_only",
     [](Case& on) {
       on.probe.reset();
       on.disk.udev_types = {"ext4"};
     },
     "foreign NotProbed HasSignature"},
    {"another_attachment", [](Case& on) { found(on).diskseq = 8; }, "foreign NotProbed"},
    {"another_size", [](Case& on) { found(on).size_bytes += 512; }, "foreign NotProbed"},
    {"other_sectors", [](Case& on) { found(on).logical_sector_bytes = 4096; }, "foreign NotProbed"},
};

const std::vector<Change> kBlank{
    {"loop_allowed",
     [](Case& on) {
       on.disk.kind = v1::DISK_KIND_LOOP;
       on.spec.add_allowed_kinds(v1::DISK_KIND_LOOP);
     },
     "blank NothingFound"},
    {"small_allowed",
     [](Case& on) {
       on.disk.size_bytes = found(on).size_bytes = 64 << 20;
       on.spec.set_size_min_bytes(64 << 20);
     },
     "blank NothingFound"},
    {"sector_4096",
     [](Case& on) { on.disk.logical_sector_bytes = found(on).logical_sector_bytes = 4096; },
     "blank NothingFound"},
    {"kernel_without_diskseq", [](Case& on) { on.disk.diskseq = found(on).diskseq = 0; },
     "blank NothingFound"},
};

std::string name_of(const ::testing::TestParamInfo<Change>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(System, ClassifyOneChange, ::testing::ValuesIn(kSystem), name_of);
INSTANTIATE_TEST_SUITE_P(InUse, ClassifyOneChange, ::testing::ValuesIn(kInUse), name_of);
INSTANTIATE_TEST_SUITE_P(Unusable, ClassifyOneChange, ::testing::ValuesIn(kUnusable), name_of);
INSTANTIATE_TEST_SUITE_P(Foreign, ClassifyOneChange, ::testing::ValuesIn(kForeign), name_of);
INSTANTIATE_TEST_SUITE_P(Blank, ClassifyOneChange, ::testing::ValuesIn(kBlank), name_of);

TEST(Classify, GivesAllReasonsMostDecisiveFirst) {
  Case on = blank_disk();
  on.disk.uses = {{"mount", "/", "sdb2", true}, {"mount", "/data", "sdb3", false}};
  on.disk.removable = true;
  on.disk.identity_fault = IdentityFault::Missing;
  found(on).signatures = {{.type = "gpt"}};
  EXPECT_EQ(judged(on), "system SystemMount Mounted Removable NoStableIdentity HasSignature");
}

// The one rule that everything else rests on: without a reading to the end of
// this very disk, nothing makes it blank.
TEST(Classify, NothingUnprobedIsBlank) {
  for (const bool removable : {false, true}) {
    for (const v1::DiskKind kind : {v1::DISK_KIND_PHYSICAL, v1::DISK_KIND_LOOP,
                                    v1::DISK_KIND_VIRTUAL, v1::DISK_KIND_UNSPECIFIED}) {
      for (const std::uint64_t size : {std::uint64_t{0}, kGiB, 100 * kGiB}) {
        Case on = blank_disk();
        on.disk.removable = removable;
        on.disk.kind = kind;
        on.disk.size_bytes = size;
        on.spec.set_size_min_bytes(1);
        on.spec.add_allowed_kinds(v1::DISK_KIND_LOOP);
        on.probe.reset();
        EXPECT_NE(classify(on.disk, "", on.probe, on.spec).disk_class, v1::DISK_CLASS_BLANK);
      }
    }
  }
}

TEST(Classify, SaysWhatASignatureIs) {
  Case on = blank_disk();
  found(on).signatures = {
      {.type = "ext4", .offset_bytes = 1049656, .label = "data", .device = "sdb1"}};
  const Verdict verdict = classify(on.disk, "", on.probe, on.spec);
  EXPECT_EQ(verdict.reasons.front().message, "ext4 at byte 1049656 (sdb1), labelled \"data\"");
}

TEST(ClassifyAll, TakesAnotherDisksReadingForNone) {
  Case on = blank_disk();
  found(on).diskseq = 8;
  Inventory inventory;
  inventory.disks = {on.disk};
  const auto disks = classify(inventory, {{"sdb", *on.probe}}, on.spec);
  ASSERT_EQ(disks.size(), 1U);
  ASSERT_TRUE(disks[0].probe.has_value());
  EXPECT_EQ(disks[0].probe->error().message,
            "what was read had disk sequence 8, not 7; it is read again");
}

TEST(Classify, NamesAFormatOnceWithTheNumberOfItsCopies) {
  Case on = blank_disk();
  found(on).signatures = {
      {.type = "ext4", .offset_bytes = 1080, .label = "data", .device = "sdb"},
      {.type = "gpt", .offset_bytes = 4096, .device = "sdb"},
      {.type = "ext4", .offset_bytes = 134217784, .device = "sdb"},
      {.type = "ext4", .offset_bytes = 402653240, .device = "sdb"},
  };
  const auto verdict = classify(on.disk, "", on.probe, on.spec);
  ASSERT_EQ(verdict.reasons.size(), 2U);
  EXPECT_EQ(verdict.reasons[0].message, "ext4 at byte 1080 (sdb), labelled \"data\", and 2 copies");
  EXPECT_EQ(verdict.reasons[1].message, "gpt at byte 4096 (sdb)");
}

}  // namespace
}  // namespace joist::disk
