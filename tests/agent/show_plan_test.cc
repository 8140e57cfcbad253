// Goal: a plan is of the configuration's uses unless others are asked for, and of no disk that is
// not there. Method: one look at two disks, made up.
#include "agent/show_plan.h"

#include <gtest/gtest.h>

namespace joist::agent {
namespace {

disk::InventoryTaken look() {
  disk::InventoryTaken taken;
  taken.inventory.observed.wall = WallTime(std::chrono::seconds(1'700'000'000));
  for (const std::string letter : {"a", "b"}) {
    disk::ClassifiedDisk& made = taken.disks.emplace_back();
    made.disk.name = "sd" + letter;
    made.disk.id = "serial:sata:" + letter;
    made.disk.size_bytes = std::uint64_t{1} << 40;
    made.probe = Result<disk::ProbeResult>(disk::ProbeResult());
    made.verdict = {v1::DISK_CLASS_BLANK, {{"NothingFound", "was read"}}};
  }
  taken.disks[1].disk.id.clear();
  return taken;
}

v1::StorageSpec storage() {
  v1::StorageSpec spec;
  spec.set_size_min_bytes(1 << 20);
  auto& use = *spec.add_uses();
  use.set_name("bulk");
  use.set_kind(v1::STORAGE_USE_KIND_LONGHORN_V1);
  return spec;
}

TEST(ShowPlan, IsOfTheConfiguration) {
  const auto shown = show_plan(look(), storage(), "host", {}, {});
  ASSERT_TRUE(shown.has_value()) << shown.error().message;
  EXPECT_EQ(shown->observed_time().seconds(), 1'700'000'000);
  EXPECT_EQ(shown->spec().uses(0).name(), "bulk");
  EXPECT_EQ(shown->spec().size_min_bytes(), 1U << 20);
  ASSERT_EQ(shown->plan().disks_size(), 2);
  EXPECT_EQ(shown->plan().disks(0).use(), "bulk");
  EXPECT_GT(shown->plan().disks(0).steps_size(), 0);
  EXPECT_EQ(shown->plan().digest().size(), 32U);
  // Which host it is of is in the digest.
  EXPECT_NE(show_plan(look(), storage(), "other", {}, {})->plan().digest(), shown->plan().digest());
}

TEST(ShowPlan, TakesOtherUsesInTheirPlace) {
  v1::PlanDisksRequest request;
  auto& use = *request.add_uses();
  use.set_name("wipe");
  use.set_kind(v1::STORAGE_USE_KIND_WIPE);
  const auto shown = show_plan(look(), storage(), "host", {}, request);
  ASSERT_TRUE(shown.has_value()) << shown.error().message;
  ASSERT_EQ(shown->spec().uses_size(), 1);
  EXPECT_EQ(shown->spec().uses(0).name(), "wipe");
  EXPECT_EQ(shown->spec().size_min_bytes(), 1U << 20);
  EXPECT_EQ(shown->plan().disks(0).reasons(0).code(), "AlreadyBlank");
}

TEST(ShowPlan, NamesADiskThatIsNotThere) {
  v1::PlanDisksRequest request;
  request.add_only("sdb");
  request.add_only("serial:sata:a");
  EXPECT_TRUE(show_plan(look(), storage(), "host", {}, request).has_value());
  for (const std::string name : {"sdc", "", "serial:sata:b"}) {
    request.add_only(name);
    const auto shown = show_plan(look(), storage(), "host", {}, request);
    ASSERT_FALSE(shown.has_value()) << name;
    EXPECT_EQ(shown.error().code, ErrorCode::NotFound);
    EXPECT_NE(shown.error().message.find("\"" + name + "\""), std::string::npos);
    request.mutable_only()->RemoveLast();
  }
}

// Whoever plans again from what is shown must come to the same.
TEST(ShowPlan, HandsOnWhatSpeaksAgainstADisk) {
  v1::DiskDoubt doubt;
  doubt.set_id("serial:sata:a");
  doubt.mutable_reason()->set_code("DiskFailing");
  const auto shown = show_plan(look(), storage(), "host", {doubt}, {});
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(shown->plan().disks(0).reasons(0).code(), "DiskFailing");
  ASSERT_EQ(shown->doubts_size(), 1);
  EXPECT_EQ(shown->doubts(0).id(), "serial:sata:a");
}

}  // namespace
}  // namespace joist::agent
