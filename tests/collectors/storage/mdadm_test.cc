#include "collectors/storage/mdadm.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

std::vector<std::string> arrays_of(std::string_view text) {
  std::vector<std::string> all;
  MdArrays arrays(text);
  for (std::string_view lines; arrays.next(lines);) all.emplace_back(lines);
  return all;
}

TEST(MdArrays, AreCutOutOfMdstat) {
  EXPECT_EQ(arrays_of("Personalities : [raid1]\n"
                      "md0 : active raid1 sdb[1] sda[0]\n"
                      "      5 blocks [2/2] [UU]\n"
                      "\n"
                      "md1 : inactive sdc[0](S)\n"
                      "      7 blocks\n"
                      "unused devices: <none>\n"),
            (std::vector<std::string>{
                "md0 : active raid1 sdb[1] sda[0]\n      5 blocks [2/2] [UU]",
                "md1 : inactive sdc[0](S)\n      7 blocks",
            }));
  EXPECT_TRUE(arrays_of("").empty());
  EXPECT_TRUE(arrays_of("Personalities : \nunused devices: <none>\n").empty());
}

TEST(MdArray, SaysHowFarItRecovered) {
  const auto array = parse_md_array(
      "md0 : active raid6 sdc1[2](F) sdb1[1] sda1[0] sdd1[3](S)\n"
      "      300 blocks super 1.2 level 6, 512k chunk, algorithm 2 [4/2] [UU__]\n"
      "      bitmap: 0/30 pages [0KB], 65536KB chunk\n"
      "      [===>....]  recovery = 17.6% (69/300) finish=342.1min speed=156704K/sec");
  ASSERT_TRUE(array);
  EXPECT_EQ(array->device, "md0");
  EXPECT_EQ(array->state, MdState::Recovering);
  EXPECT_EQ(array->disks_required, 4U);
  EXPECT_EQ(array->disks_active, 2U);
  EXPECT_EQ(array->disks_failed, 1U);
  EXPECT_EQ(array->disks_spare, 1U);
  EXPECT_EQ(array->blocks, 300U);
  EXPECT_EQ(array->blocks_synced, 69U);
}

TEST(MdArray, ThatReshapesIsInNoneOfTheOtherStates) {
  const auto array = parse_md_array(
      "md0 : active raid5 sdd[4] sdc[3] sdb[1] sda[0]\n"
      "      20 blocks level 5, 64k chunk, algorithm 2 [4/4] [UUUU]\n"
      "      [=>...]  reshape = 25.0% (5/20) finish=1.0min speed=9K/sec");
  ASSERT_TRUE(array);
  EXPECT_EQ(array->state, MdState::Reshape);
  EXPECT_EQ(array->blocks_synced, 5U);
}

TEST(MdArray, ThatWaitsHasNothingSynchronised) {
  for (const char* word : {"PENDING", "DELAYED", "REMOTE PENDING"}) {
    const auto array = parse_md_array("md0 : active raid1 sdb[1] sda[0]\n  9 blocks [2/2] [UU]\n" +
                                      ("  resync=" + std::string(word)));
    ASSERT_TRUE(array);
    EXPECT_EQ(array->state, MdState::Resync);
    EXPECT_EQ(array->blocks_synced, 0U);
  }
}

TEST(MdArray, IsNotUnderstoodWithoutItsFigures) {
  for (const char* text : {"", "md0", "md0 : active raid1 sda[0]", "md0 : active raid1 sda[0]\n",
                           "md0 : active raid1 sda[0]\n x blocks [2/2] [UU]",
                           "md0 : active raid1 sda[0]\n 9 blocks [2] [UU]",
                           "md0 : active raid1 sda[0]\n 9 blocks [2/x] [UU]",
                           "md0 : active raid1 sda[0]\n 9 blocks [2/2] [UU]\n recovery = 3%",
                           "md0 : active raid1 sda[0]\n 9 blocks [2/2] [UU]\n resync = (/)"}) {
    EXPECT_FALSE(parse_md_array(text)) << text;
  }
}

TEST(MdadmCollector, LosesAnArrayItDoesNotUnderstandOnly) {
  support::TempRoot root;
  root.write("/proc/mdstat",
             "md0 : active raid1 sdb[1] sda[0]\n      broken\n"
             "md1 : active raid1 sdd[1] sdc[0]\n      5 blocks [2/2] [UU]\n");
  MdadmCollector collector({.procfs = root.path() / "proc", .sysfs = root.path() / "sys"});
  Exposition page;
  ASSERT_TRUE(collector.collect(page).has_value());
  EXPECT_EQ(page.text().find("md0"), std::string_view::npos);
  EXPECT_NE(page.text().find("node_md_blocks{device=\"md1\"} 5\n"), std::string_view::npos);

  root.write("/proc/mdstat", "md2 : active raid1 sdf[1] sde[0]\n      6 blocks [2/2] [UU]\n");
  page.clear();
  ASSERT_TRUE(collector.collect(page).has_value());
  EXPECT_EQ(page.text().find("md1"), std::string_view::npos);
  EXPECT_NE(page.text().find("node_md_blocks{device=\"md2\"} 6\n"), std::string_view::npos);
}

TEST(MdadmCollector, IsNotThereWithoutTheModule) {
  const support::TempRoot root;
  MdadmCollector collector({.procfs = root.path() / "proc", .sysfs = root.path() / "sys"});
  Exposition page;
  EXPECT_EQ(collector.collect(page).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace joist::collectors
