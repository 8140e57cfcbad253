// Goal: whatever the disks and the uses, nothing is done to a disk that may be somebody's. Method:
// thousands of grounds from a fixed seed, with verdicts of classify() and with made-up ones, held
// against tests/support/plan_invariants.h.
#include <gtest/gtest.h>

#include <random>

#include "tests/disk/plan_ground.h"
#include "tests/support/plan_invariants.h"

namespace joist::disk {
namespace {

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}

  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_()) % end; }
  bool one_in(std::uint32_t chances) { return below(chances) == 0; }

  template <typename T>
  T of(std::initializer_list<T> choices) {
    return choices.begin()[below(static_cast<std::uint32_t>(choices.size()))];
  }

 private:
  std::mt19937 random_;
};

Disk random_disk(Dice& dice, std::uint32_t number) {
  Disk disk = disk_named("sd" + std::string(1, static_cast<char>('a' + number)));
  disk.size_bytes = dice.one_in(9) ? dice.of<std::uint64_t>({0, 512, 1 << 20})
                                   : dice.of({kTiB, 20 * kTiB, kTiB + 512});
  disk.logical_sector_bytes = dice.one_in(12) ? 520 : dice.of({512U, 4096U});
  disk.rotational = dice.one_in(2);
  disk.read_only = dice.one_in(12);
  disk.removable = dice.one_in(12);
  if (dice.one_in(10)) {
    disk.id.clear();
    disk.identity_fault = IdentityFault::Missing;
  }
  if (dice.one_in(10)) disk.kind = v1::DISK_KIND_LOOP;
  if (dice.one_in(6)) {
    disk.uses.push_back({dice.of<std::string>({"mount", "swap", "holder"}),
                         dice.of<std::string>({"/data", "/", "/mnt", "dm-0"}), disk.name,
                         dice.one_in(3)});
  }
  if (dice.one_in(8)) disk.partitions.push_back({disk.name + "1", 1 << 20, 1 << 20, "0x83"});
  if (dice.one_in(12)) disk.udev_types.push_back("ext4");
  return disk;
}

ProbeOutcome random_probe(Dice& dice, const Disk& disk, const v1::StorageUse& use) {
  if (dice.one_in(8)) return std::nullopt;
  if (dice.one_in(8)) return Result<ProbeResult>(fail(ErrorCode::Io, "Input/output error"));
  ProbeResult found = reading_of(disk);
  if (dice.one_in(2)) {
    const std::uint32_t count = dice.below(4) + (dice.one_in(9) ? 62 : 0);
    for (std::uint32_t number = 0; number < count; ++number) {
      Signature signature =
          signature_of(dice.of<std::string>(
                           {"ext4", "xfs", "gpt", "ceph_bluestore", "LVM2_member", "swsuspend"}),
                       dice.of<std::string>({"", "one", "two"}));
      signature.offset_bytes = 512ULL * number;
      found.signatures.push_back(signature);
    }
  }
  if (dice.one_in(5)) found.partitions.push_back({disk.name + "1", 1 << 20, 1 << 20, "0x83"});
  if (dice.one_in(5)) found.data_offsets_bytes = {4096};
  found.truncated = dice.one_in(12);
  found.held = dice.one_in(12);
  found.read_only = dice.one_in(20);
  if (dice.one_in(12)) found.diskseq = 8;  // another attachment
  if (dice.one_in(4)) {                    // what the use made
    const auto plan =
        plan_disks(ground_of({classified(disk, Result<ProbeResult>(reading_of(disk)))}, {use}));
    found.signatures = {signature_of("xfs", plan.disks(0).filesystem_uuid())};
    found.partitions.clear();
  }
  return Result<ProbeResult>(found);
}

v1::StorageUse random_use(Dice& dice, std::uint32_t number) {
  v1::StorageUse use = use_of("use-" + std::to_string(number),
                              static_cast<v1::StorageUseKind>(dice.below(7)));  // 6: not known
  use.set_filesystem(static_cast<v1::Filesystem>(dice.below(3)));
  use.set_wipe(static_cast<v1::WipeMethod>(dice.below(3)));
  if (dice.one_in(3)) {
    use.set_mount_point(dice.of<std::string>({"/data", "/data/", "/mnt", "/etc", "/a/../b", "/"}));
  }
  v1::DiskSelector& disks = *use.mutable_disks();
  if (dice.one_in(3)) disks.set_count(dice.below(4));
  if (dice.one_in(3)) disks.set_reserve(dice.below(4));
  if (dice.one_in(4)) disks.add_models("MODEL-sd[abc]");
  if (dice.one_in(9)) disks.add_ids(dice.of<std::string>({"serial:sata:sda", "serial:sata:sdb"}));
  if (dice.one_in(6)) disks.set_rotation(v1::ROTATION_SOLID);
  return use;
}

PlanGround random_ground(Dice& dice) {
  std::vector<v1::StorageUse> uses;
  for (std::uint32_t number = dice.below(4); number > 0; --number) {
    uses.push_back(random_use(dice, number));
  }
  PlanGround ground = ground_of({}, uses);
  const v1::StorageUse first = uses.empty() ? v1::StorageUse() : uses.front();
  const std::uint32_t disks = dice.below(9);
  for (std::uint32_t number = 0; number < disks; ++number) {
    const Disk disk = random_disk(dice, number);
    ground.disks.push_back(classified(disk, random_probe(dice, disk, first), ground.spec));
    // As classify() never says it: the plan believes no part of it without the others.
    if (dice.one_in(8)) {
      ground.disks.back().verdict.disk_class = static_cast<v1::DiskClass>(dice.below(6));
    }
    if (dice.one_in(20)) ground.disks.back().verdict.reasons.clear();
  }
  for (const std::string id : {"serial:sata:sda", "serial:sata:sdc", "serial:sata:gone", ""}) {
    if (!dice.one_in(8)) continue;
    v1::DiskDoubt& doubt = ground.doubts.emplace_back();
    doubt.set_id(id);
    doubt.mutable_reason()->set_code(
        dice.of<std::string>({"IdentityChanged", "DiskFailing", "New"}));
  }
  if (dice.one_in(6)) ground.only = {dice.of<std::string>({"sda", "serial:sata:sdb", "", "sdc"})};
  return ground;
}

TEST(PlanDisks, KeepsItsWordWhateverItIsMadeFrom) {
  std::size_t with_steps = 0;
  for (std::uint32_t seed = 0; seed < 8'000; ++seed) {
    Dice dice(seed);
    const PlanGround ground = random_ground(dice);
    const v1::DiskPlan plan = plan_disks(ground);
    ASSERT_EQ(support::broken_invariant(ground, plan), "") << "seed " << seed << "\n"
                                                           << plan.DebugString();
    if (!plan.digest().empty()) ++with_steps;
  }
  EXPECT_GT(with_steps, 1'000U);  // else the grounds are none
}

// Whatever is done first, the same disks are for the same uses after it.
TEST(PlanDisks, DoesNotDependOnTheOrderOfDisks) {
  for (std::uint32_t seed = 0; seed < 2'000; ++seed) {
    Dice dice(seed);
    PlanGround ground = random_ground(dice);
    const std::string digest = plan_disks(ground).digest();
    std::ranges::reverse(ground.disks);
    ASSERT_EQ(plan_disks(ground).digest(), digest) << "seed " << seed;
  }
}

}  // namespace
}  // namespace joist::disk
