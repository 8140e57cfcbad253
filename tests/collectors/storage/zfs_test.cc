#include "collectors/storage/zfs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

constexpr std::string_view kHeader = "13 1 0x01 9 1 2 3\nname type data\n";

TEST(KstatRows, BeginAfterTheHeader) {
  KstatRows rows(
      "13 1 0x01 147 39984 52 18\nname                            type data\n"
      "hits 4 5\n\nshort 4\nmemory_available_bytes 3 -7\ndataset_name 7 tank/my data \n");
  KstatRow row;
  ASSERT_TRUE(rows.next(row));
  EXPECT_EQ(row.name, "hits");
  EXPECT_TRUE(row.is_number);
  EXPECT_EQ(row.data, "5");
  ASSERT_TRUE(rows.next(row));
  EXPECT_EQ(row.data, "-7");
  ASSERT_TRUE(rows.next(row));
  EXPECT_FALSE(row.is_number);
  EXPECT_EQ(row.data, "tank/my data");
  EXPECT_FALSE(rows.next(row));
}

TEST(KstatRows, AreNoneWithoutAHeader) {
  KstatRow row;
  for (const char* text :
       {"", "hits 4 5\n", "name type\nhits 4 5\n", "name type data 1\nh 4 5\n"}) {
    EXPECT_FALSE(KstatRows(text).next(row)) << text;
  }
}

class ZfsTest : public testing::Test {
 protected:
  std::string page() {
    Exposition page;
    EXPECT_TRUE(collector_.collect(page).has_value());
    return std::string(page.text());
  }
  void write(const std::string& name, const std::string& rows) {
    root_.write("/spl/kstat/zfs/" + name, std::string(kHeader) + rows);
  }
  bool has(const std::string& text) { return page().find(text) != std::string::npos; }

  support::TempRoot root_;
  ZfsCollector collector_{{.procfs = root_.path().string()}};
};

TEST_F(ZfsTest, FollowsRowsThatComeAndGo) {
  write("arcstats", "hits 4 5\nodd-name 4 6\nbad/name 4 7\nword 4 x\n");
  EXPECT_TRUE(has("node_zfs_arc_hits 5\n"));
  EXPECT_TRUE(has("# HELP node_zfs_arc_odd_name kstat.zfs.misc.arcstats.odd-name\n"));
  EXPECT_FALSE(has("bad"));
  EXPECT_FALSE(has("word"));
  write("arcstats", "misses 4 8\n");
  EXPECT_FALSE(has("node_zfs_arc_hits"));
  EXPECT_TRUE(has("node_zfs_arc_misses 8\n"));
}

TEST_F(ZfsTest, FollowsADatasetsNewName) {
  write("tank/objset-0x36", "dataset_name 7 tank/old\nreads 4 28\n");
  EXPECT_TRUE(has("node_zfs_zpool_dataset_reads{dataset=\"tank/old\",zpool=\"tank\"} 28\n"));
  write("tank/objset-0x36", "dataset_name 7 tank/new\nreads 4 29\n");
  page();
  EXPECT_TRUE(has("node_zfs_zpool_dataset_reads{dataset=\"tank/new\",zpool=\"tank\"} 29\n"));
  EXPECT_FALSE(has("tank/old"));
}

TEST_F(ZfsTest, ForgetsAPoolThatWasExported) {
  root_.write("/spl/kstat/zfs/tank/state", "ONLINE\n");
  EXPECT_TRUE(has("node_zfs_zpool_state{state=\"online\",zpool=\"tank\"} 1\n"));
  root_.write("/spl/kstat/zfs/tank/state", "SUSPENDED\n");
  EXPECT_TRUE(has("node_zfs_zpool_state{state=\"suspended\",zpool=\"tank\"} 1\n"));
  std::filesystem::remove_all(root_.path() / "spl/kstat/zfs/tank");
  EXPECT_EQ(page(), "");
}

TEST_F(ZfsTest, ManyDatasetsDoNotUseUpTheDescriptors) {
  for (int set = 0; set < 200; ++set) {
    write("tank/objset-" + std::to_string(set),
          "dataset_name 7 tank/" + std::to_string(set) + "\nreads 4 1\n");
  }
  EXPECT_TRUE(has("dataset=\"tank/199\""));
  EXPECT_LT(SysRoot("/proc").list("/self/fd")->size(), 180U);
}

TEST(ZfsCollector, IsNotThereWithoutTheModule) {
  const support::TempRoot root;
  ZfsCollector collector({.procfs = root.path().string()});
  Exposition page;
  EXPECT_EQ(collector.collect(page).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace joist::collectors
