// Goal: a disk that says it fails is in doubt, and no other. Method: a disk, and each state.
#include "disk/doubt.h"

#include <gtest/gtest.h>

#include "base/message_rules.h"

namespace joist::disk {
namespace {

Disk disk_called(const std::string& id) {
  Disk disk;
  disk.id = id;
  return disk;
}

v1::DiskHealth health_of(v1::DiskHealthState state, const std::string& why) {
  v1::DiskHealth health;
  health.set_state(state);
  if (!why.empty()) health.add_reasons()->set_message(why);
  return health;
}

TEST(Doubt, IsOfAFailingDiskAlone) {
  const Disk disk = disk_called("wwn:naa.5000c50015ea71ac");
  const auto doubt =
      doubt_health(disk, health_of(v1::DISK_HEALTH_STATE_FAILING, "it expects to fail"));
  ASSERT_TRUE(doubt.has_value());
  EXPECT_EQ(doubt->id(), disk.id);
  EXPECT_EQ(doubt->reason().code(), "DiskFailing");
  EXPECT_EQ(doubt->reason().message(),
            "its health is failing: it expects to fail; to have it all the same, name it by its id "
            "in a use");
  for (const auto state :
       {v1::DISK_HEALTH_STATE_UNSPECIFIED, v1::DISK_HEALTH_STATE_OK, v1::DISK_HEALTH_STATE_WARNING,
        v1::DISK_HEALTH_STATE_UNKNOWN, v1::DISK_HEALTH_STATE_NOT_OFFERED}) {
    EXPECT_FALSE(doubt_health(disk, health_of(state, "hot")).has_value()) << state;
  }
  // No plan takes it anyway, and the doubt could not say of which disk it is.
  EXPECT_FALSE(doubt_health(disk_called(""), health_of(v1::DISK_HEALTH_STATE_FAILING, "")));
}

TEST(Doubt, FitsItsRulesWhateverItIsMadeOf) {
  const auto doubt = make_doubt(disk_called(std::string(4096, '\xff')), "IdentityChanged",
                                std::string(9999, '\n'));
  EXPECT_TRUE(check_rules(doubt).has_value());
}

TEST(Doubt, IsFoundByTheDisksId) {
  const Disk disk = disk_called("serial:sata:a");
  const std::vector<v1::DiskDoubt> doubts{make_doubt(disk_called("serial:sata:b"), "B", ""),
                                          make_doubt(disk, "A", ""), v1::DiskDoubt()};
  ASSERT_EQ(doubts_of(disk, doubts).size(), 1U);
  EXPECT_EQ(doubts_of(disk, doubts)[0].code(), "A");
  EXPECT_TRUE(doubts_of(disk_called(""), doubts).empty());
}

}  // namespace
}  // namespace joist::disk
