// Goal: what a host saw outlives reboots, and a record that cannot be read is never taken for one
// that says nothing. Method: a directory, looks one after the other, and a damaged file between
// them.
#include "agent/seen_disks.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/temp_root.h"

namespace joist::agent {
namespace {

disk::Inventory one_disk(const std::string& wwn) {
  disk::Inventory inventory;
  inventory.observed.wall = WallTime(std::chrono::seconds(1'767'312'000));
  disk::Disk& disk = inventory.disks.emplace_back();
  disk.id = "wwn:" + wwn;
  disk.wwn = wwn;
  disk.serial = "S4EV0001";
  disk.model = "SAMSUNG";
  disk.size_bytes = std::uint64_t{1} << 40;
  disk.kind = v1::DISK_KIND_PHYSICAL;
  return inventory;
}

const disk::Inventory kBefore = one_disk("eui.0025388b71b2c3d4");
const disk::Inventory kAfter = one_disk("eui.36344730525000010025384500000001");

class SeenDisks : public ::testing::Test {
 protected:
  SeenDisks() { root_.write("/proc/sys/kernel/random/boot_id", "boot-1\n"); }

  std::string path() const { return root_.path() / "seen-disks"; }
  SeenNow see(const disk::Inventory& inventory) const {
    return see_disks(path(), root_.sys_root(), inventory);
  }

  support::TempRoot root_;
};

TEST_F(SeenDisks, RemembersOverARestart) {
  EXPECT_TRUE(see(kBefore).doubts.empty());
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const SeenNow after = see(kAfter);
  EXPECT_EQ(after.problem, "");
  ASSERT_EQ(after.doubts.size(), 1U);
  EXPECT_EQ(after.doubts[0].id(), kAfter.disks[0].id);
  EXPECT_EQ(after.doubts[0].reason().code(), "IdentityChanged");
  EXPECT_EQ(see(kAfter).doubts.size(), 1U);
  EXPECT_TRUE(see(kBefore).doubts.empty());
  // Whoever knows better begins anew.
  std::filesystem::remove(path());
  EXPECT_TRUE(see(kAfter).doubts.empty());
  EXPECT_EQ(see(kBefore).doubts.size(), 1U);
}

TEST_F(SeenDisks, DoubtsEveryDiskWhereTheRecordIsDamaged) {
  see(kBefore);
  const auto whole = root_.sys_root().read("/seen-disks");
  ASSERT_TRUE(whole.has_value());
  std::string changed = *whole;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  for (const std::string& damaged : {std::string(), std::string("nonsense\n"), changed,
                                     whole->substr(0, whole->size() - 1), whole->substr(0, 30)}) {
    root_.write("/seen-disks", damaged);
    const SeenNow now = see(kBefore);
    ASSERT_EQ(now.doubts.size(), 1U);
    EXPECT_EQ(now.doubts[0].reason().code(), "IdentityUnknown");
    EXPECT_NE(now.problem.find("seen-disks"), std::string::npos) << now.problem;
    EXPECT_NE(now.problem.find("remove it"), std::string::npos) << now.problem;
    EXPECT_EQ(root_.sys_root().read("/seen-disks").value_or("?"), damaged);  // left for who looks
  }
}

TEST_F(SeenDisks, TellsThatItCannotRemember) {
  const SeenNow now = see_disks(root_.path() / "no/such/directory", root_.sys_root(), kBefore);
  EXPECT_TRUE(now.doubts.empty());
  EXPECT_NE(now.problem, "");
}

}  // namespace
}  // namespace joist::agent
