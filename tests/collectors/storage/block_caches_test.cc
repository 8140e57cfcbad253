// bcache and bcachefs write numbers for people.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "collectors/storage/bcache.h"
#include "collectors/storage/bcachefs.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

TEST(BcacheNumber, IsInPowersOf1024WithItsOwnFraction) {
  EXPECT_EQ(parse_human_number("512"), 512);
  EXPECT_EQ(parse_human_number("12.5k"), 12788);  // 12 + 5 / 10.24 times 1024
  EXPECT_EQ(parse_human_number("1.1G"), 1178599424);
  EXPECT_EQ(parse_human_number("-790.0k"), -808960);
  EXPECT_EQ(parse_human_number("1Y"), 1208925819614629174706176.0);
  for (const char* text : {"", "-", "k", "1.k", ".5", "1x", "1.2.3", "1 k", "--1"}) {
    EXPECT_FALSE(parse_human_number(text)) << text;
  }
}

TEST(BcacheReport, HasValuesByKey) {
  constexpr std::string_view kText = "rate:\t\t1.1M/sec\ndirty:\t5k\nUnused:\t99%\nrates: 7\n";
  EXPECT_EQ(find_colon_value(kText, "rate"), "1.1M");
  EXPECT_EQ(find_colon_value(kText, "dirty"), "5k");
  EXPECT_EQ(find_colon_value(kText, "Unused"), "99");
  EXPECT_EQ(find_colon_value(kText, "change"), "");
}

TEST(BcacheCollector, ShowsPriorityStatisticsWhenAskedTo) {
  support::TempRoot root;
  const std::string cache = "/fs/bcache/a-b/cache0/";
  root.write(cache + "priority_stats", "Unused:\t\t99%\nMetadata:\t2%\n");
  for (const bool asked : {false, true}) {
    BcacheCollector collector({.sysfs = root.path().string()}, asked);
    Exposition page;
    ASSERT_TRUE(collector.collect(page).has_value());
    const bool shown = page.text().find(
                           "node_bcache_priority_stats_unused_percent{cache_device=\"cache0\","
                           "uuid=\"a-b\"} 99\n") != std::string_view::npos;
    EXPECT_EQ(shown, asked);
  }
}

TEST(BcachefsSize, IsInPowersOf1024) {
  EXPECT_EQ(parse_bcachefs_size("354"), 354);
  EXPECT_EQ(parse_bcachefs_size("60.4k"), 61849);
  EXPECT_EQ(parse_bcachefs_size("2.5G"), 2684354560);
  for (const char* text : {"", "k", "x", "1x", "nan", "inf", "-1", "1e999"}) {
    EXPECT_FALSE(parse_bcachefs_size(text)) << text;
  }
}

TEST(BcachefsCounter, CountsSinceTheFileSystemWasMade) {
  EXPECT_EQ(parse_bcachefs_counter("since mount:   7\nsince filesystem creation:  1.5k\n"), 1536);
  EXPECT_FALSE(parse_bcachefs_counter("since mount: 7\n"));
  EXPECT_FALSE(parse_bcachefs_counter(""));
}

std::vector<std::string> lines_of(std::string_view text, BcachefsReport report) {
  std::vector<std::string> all;
  BcachefsLines lines(text, report);
  for (BcachefsLine line; lines.next(line);) {
    all.push_back(std::string(line.section) + "/" + std::string(line.name) + "/" +
                  std::string(line.first) + "/" + std::string(line.second));
  }
  return all;
}

using All = std::vector<std::string>;

TEST(BcachefsReports, AreCutIntoLines) {
  EXPECT_EQ(lines_of("type  a  b\nlz4:  1k 2k 3k\nnone 4 5\nshort 6\n", BcachefsReport::Table),
            (All{"/lz4/1k/2k", "/none/4/5"}));
  EXPECT_EQ(lines_of("checksum_err 10 123\nbroken\n", BcachefsReport::Errors),
            (All{"/checksum_err/10/123"}));
  EXPECT_EQ(lines_of("lost : 1\nread:\nsb :  2\nwrite:\nbtree : 3\n", BcachefsReport::IoDone),
            (All{"read/sb/2/", "write/btree/3/"}));
  EXPECT_EQ(lines_of("read: 1\nIO errors since filesystem creation\n  read:   2\n  write:3\n"
                     "IO errors since 8 y ago\n  read: 4\n",
                     BcachefsReport::IoErrors),
            (All{"/read/2/", "/write/3/"}));
}

TEST(BcachefsCollector, IsNotThereWithoutAFileSystem) {
  support::TempRoot root;
  BcachefsCollector collector({.sysfs = root.path().string()});
  Exposition page;
  EXPECT_EQ(collector.collect(page).error().code, ErrorCode::NotFound);
  root.write("/fs/bcachefs/file", "");
  EXPECT_EQ(collector.collect(page).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace joist::collectors
