#include "collectors/network/bonding.h"

#include <gtest/gtest.h>

#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

std::string page_of(Collector& collector) {
  Exposition page;
  EXPECT_TRUE(collector.collect(page));
  return std::string(page.text());
}

TEST(Bonding, FollowsSlavesThatComeAndFail) {
  const support::TempRoot root;
  root.write("/class/net/bonding_masters", "bond0\n");
  root.write("/class/net/bond0/bonding/slaves", "a\n");
  root.write("/class/net/bond0/lower_a/bonding_slave/mii_status", "up\n");
  BondingCollector bonding({.procfs = root.path(), .sysfs = root.path()});
  EXPECT_NE(page_of(bonding).find("node_bonding_active{master=\"bond0\"} 1\n"), std::string::npos);

  root.write("/class/net/bond0/bonding/slaves", "a b c\n");
  root.write("/class/net/bond0/slave_b/bonding_slave/mii_status", "up\n");
  root.write("/class/net/bond0/lower_a/bonding_slave/mii_status", "down\n");
  const std::string page = page_of(bonding);
  EXPECT_NE(page.find("node_bonding_active{master=\"bond0\"} 1\n"), std::string::npos) << page;
  EXPECT_NE(page.find("node_bonding_slaves{master=\"bond0\"} 3\n"), std::string::npos) << page;
}

TEST(Bonding, IsNotThereWithoutItsModule) {
  const support::TempRoot root;
  BondingCollector bonding({.procfs = root.path(), .sysfs = root.path()});
  Exposition page;
  const auto collected = bonding.collect(page);
  ASSERT_FALSE(collected);
  EXPECT_EQ(collected.error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace joist::collectors
