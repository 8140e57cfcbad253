#include "disk/io_latency.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace joist::disk {
namespace {

// 1,000 reads that took `read_ms` each, and no writes.
IoDone reads(const std::string& name, std::uint64_t read_ms, const std::string& equals = "a") {
  return {.name = name, .equals = equals, .reads = 1000, .read_ms = 1000 * read_ms};
}

std::string outliers(const std::vector<IoDone>& done) {
  std::string names;
  for (const IoLatency& one : compare_latencies(done)) {
    if (!one.outlier.empty()) names += (names.empty() ? "" : " ") + one.name;
  }
  return names;
}

TEST(IoLatency, OneThatIsFarSlowerThanItsEqualsStandsOut) {
  const auto all = compare_latencies({reads("sda", 8), reads("sdb", 9), reads("sdc", 60)});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[2].outlier, "reads take 60.0 ms, 9.0 ms on its equals");
  EXPECT_EQ(all[2].read_seconds, 0.06);
  EXPECT_EQ(all[2].write_seconds, std::nullopt);
  EXPECT_TRUE(all[0].compared);
  EXPECT_EQ(all[0].outlier, "");
}

TEST(IoLatency, OnesThatAreAllSlowAreNotOutliers) {
  EXPECT_EQ(outliers({reads("sda", 60), reads("sdb", 55), reads("sdc", 70)}), "");
}

TEST(IoLatency, TwoBadOnesOfManyDoNotHideEachOther) {
  EXPECT_EQ(outliers({reads("sda", 5), reads("sdb", 6), reads("sdc", 5), reads("sdd", 100),
                      reads("sde", 90)}),
            "sdd sde");
}

TEST(IoLatency, WhereEqualsDifferWidelySlowIsNotAnOutlier) {
  EXPECT_EQ(outliers({reads("sda", 1), reads("sdb", 20), reads("sdc", 2), reads("sdd", 45),
                      reads("sde", 10)}),
            "");
}

TEST(IoLatency, OnlyEqualDisksAreCompared) {
  EXPECT_EQ(outliers({reads("sda", 1), reads("sdb", 1), reads("sdc", 1), reads("sdd", 90, "b")}),
            "");
  EXPECT_EQ(outliers({reads("sda", 1), reads("sdb", 90)}), "");
  EXPECT_EQ(outliers({reads("a", 1, ""), reads("b", 1, ""), reads("c", 90, "")}), "");
  EXPECT_EQ(outliers({reads("sda", 1), reads("x", 80, "b"), reads("sdb", 1), reads("y", 1, "b"),
                      reads("sdc", 1), reads("z", 1, "b")}),
            "x");
}

TEST(IoLatency, TooFewRequestsSayNothing) {
  IoDone idle = reads("sdc", 90);
  idle.reads = kRequestsMin - 1;
  const auto all = compare_latencies({reads("sda", 1), reads("sdb", 1), idle, reads("sdd", 1)});
  EXPECT_EQ(all[2].read_seconds, std::nullopt);
  EXPECT_FALSE(all[2].compared);
  EXPECT_EQ(all[2].outlier, "");
}

TEST(IoLatency, SomeMillisecondsAreNoReason) {
  EXPECT_EQ(outliers({reads("nvme0n1", 0), reads("nvme1n1", 0), reads("nvme2n1", 4)}), "");
}

TEST(IoLatency, WritesCountByThemselves) {
  std::vector<IoDone> done{reads("sda", 5), reads("sdb", 5), reads("sdc", 5)};
  for (IoDone& one : done) one.writes = 1000, one.write_ms = 2000;
  done[1].write_ms = 50'000;
  EXPECT_EQ(compare_latencies(done)[1].outlier, "writes take 50.0 ms, 2.0 ms on its equals");
}

}  // namespace
}  // namespace joist::disk
