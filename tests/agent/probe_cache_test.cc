// Goal: a disk is read when it may have changed, and not otherwise.
#include "agent/probe_cache.h"

#include <gtest/gtest.h>

namespace joist::agent {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1000s};

disk::Disk plain_disk(std::string name) {
  disk::Disk disk;
  disk.id = "serial:" + name;
  disk.identity_fault = disk::IdentityFault::None;
  disk.name = std::move(name);
  disk.size_bytes = std::uint64_t{100} << 30;
  disk.kind = v1::DISK_KIND_PHYSICAL;
  disk.diskseq = 7;
  return disk;
}

disk::ProbeResult blank() { return disk::ProbeResult{.diskseq = 7}; }

disk::ProbeResult with_ext4() {
  disk::ProbeResult result = blank();
  result.signatures.push_back({.type = "ext4", .usage = "filesystem", .offset_bytes = 1080});
  return result;
}

class ProbeCacheTest : public ::testing::Test {
 protected:
  ProbeCache cache_;
  disk::Disk disk_ = plain_disk("sda");
  v1::StorageSpec spec_;

  void observe() { cache_.observe({disk_}, spec_); }

  ProbeCache::Due due() {
    const auto next = cache_.next();
    EXPECT_TRUE(next.has_value());
    return next.value_or(ProbeCache::Due{});
  }

  void read(Result<disk::ProbeResult> result, SteadyTime now) {
    cache_.store(due(), std::move(result), now);
  }
};

TEST_F(ProbeCacheTest, ReadsANewDiskAtOnceAndABlankOneEveryMinute) {
  EXPECT_FALSE(cache_.next().has_value());
  observe();
  EXPECT_LE(due().time, kStart);
  EXPECT_EQ(due().diskseq, 7U);
  read(blank(), kStart);
  EXPECT_EQ(due().time, kStart + ProbeCache::kBlankAge);
}

TEST_F(ProbeCacheTest, LeavesADiskWithDataAloneForLonger) {
  observe();
  read(with_ext4(), kStart);
  EXPECT_EQ(due().time, kStart + ProbeCache::kAge);
  observe();  // looks the same
  EXPECT_EQ(due().time, kStart + ProbeCache::kAge);
}

TEST_F(ProbeCacheTest, ReadsAgainWhatLooksDifferent) {
  observe();
  read(with_ext4(), kStart);
  disk_.size_bytes *= 2;
  observe();
  EXPECT_LE(due().time, kStart);
  EXPECT_EQ(cache_.results(kStart).size(), 1U);  // classify() judges whether it still fits
}

// Until it is read again nobody knows what it holds.
TEST_F(ProbeCacheTest, ForgetsThatADiskWasBlankOnceItLooksDifferent) {
  observe();
  read(blank(), kStart);
  disk_.udev_types = {"ext4"};
  observe();
  EXPECT_TRUE(cache_.results(kStart).empty());
  EXPECT_LE(due().time, kStart);
}

TEST_F(ProbeCacheTest, ForgetsWhatItKnewOfAnotherDiskOfTheSameName) {
  observe();
  read(blank(), kStart);
  disk_.diskseq = 8;
  observe();
  EXPECT_TRUE(cache_.results(kStart).empty());
  EXPECT_LE(due().time, kStart);
}

TEST_F(ProbeCacheTest, DropsAnAnswerAboutADiskThatWasReplacedMeanwhile) {
  observe();
  const auto asked = due();
  disk_.diskseq = 8;
  observe();
  cache_.store(asked, blank(), kStart);
  EXPECT_TRUE(cache_.results(kStart).empty());
}

TEST_F(ProbeCacheTest, DropsAnAnswerAboutADiskThatChangedWhileItWasRead) {
  observe();
  const ProbeCache::Due begun = due();
  disk_.udev_types = {"ext4"};
  observe();
  cache_.store(begun, blank(), kStart);
  EXPECT_FALSE(cache_.results(kStart).contains("sda"));
  EXPECT_LE(due().time, kStart);
}

TEST_F(ProbeCacheTest, ReadsAgainSoonWhatWasReadDuringADisturbance) {
  observe();
  const ProbeCache::Due begun = due();
  cache_.disturb(kStart);
  cache_.store(begun, blank(), kStart);
  EXPECT_EQ(due().time, kStart + ProbeCache::kReread);
}

// udevd tells of a new file system long before sysfs would, which never does.
TEST_F(ProbeCacheTest, ForgetsThatADiskWasBlankWithAnEventOfIt) {
  observe();
  read(blank(), kStart);
  EXPECT_FALSE(cache_.change("sdb", kStart + 10s));
  EXPECT_TRUE(cache_.results(kStart + 10s).contains("sda"));
  EXPECT_TRUE(cache_.change("sda", kStart + 10s));
  EXPECT_TRUE(cache_.results(kStart + 10s).empty());
  EXPECT_EQ(due().time, kStart + 10s);
  EXPECT_FALSE(cache_.change("sda", kStart + 11s));
}

TEST_F(ProbeCacheTest, DropsAnAnswerAboutADiskWithAnEventMeanwhile) {
  observe();
  const ProbeCache::Due begun = due();
  cache_.change("sda", kStart);
  cache_.store(begun, blank(), kStart);
  EXPECT_TRUE(cache_.results(kStart).empty());
  EXPECT_LE(due().time, kStart);
}

TEST_F(ProbeCacheTest, KeepsTheWarningOfADiskWithEventsAndReadsItNotWithEveryOne) {
  observe();
  read(with_ext4(), kStart);
  EXPECT_FALSE(cache_.change("sda", kStart + 1s));
  EXPECT_TRUE(cache_.results(kStart + 1s).contains("sda"));
  EXPECT_EQ(due().time, kStart + ProbeCache::kRereadChanged);
}

TEST_F(ProbeCacheTest, ForgetsDisksThatAreGone) {
  observe();
  read(blank(), kStart);
  cache_.observe({}, spec_);
  EXPECT_FALSE(cache_.next().has_value());
  EXPECT_TRUE(cache_.results(kStart).empty());
}

TEST_F(ProbeCacheTest, ReadsAfterADisturbanceButNotWithEveryOne) {
  observe();
  read(with_ext4(), kStart);
  cache_.disturb(kStart + 1s);
  EXPECT_EQ(due().time, kStart + ProbeCache::kReread);
  cache_.disturb(kStart + 100s);
  EXPECT_EQ(due().time, kStart + ProbeCache::kReread);  // overdue: not put off
}

TEST_F(ProbeCacheTest, AsksAnAbsentHelperAgainLessAndLessOften) {
  observe();
  SteadyTime now = kStart;
  std::vector<std::chrono::steady_clock::duration> waits;
  for (int i = 0; i < 8; ++i) {
    read(fail(ErrorCode::Unavailable, "no helper"), now);
    waits.push_back(due().time - now);
    now = due().time;
  }
  EXPECT_EQ(waits, (decltype(waits){2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s}));
  read(with_ext4(), now);
  EXPECT_EQ(due().time, now + ProbeCache::kAge);
}

TEST_F(ProbeCacheTest, TellsAnErrorOnce) {
  observe();
  const Result<disk::ProbeResult> absent = fail(ErrorCode::Unavailable, "no helper");
  const Result<disk::ProbeResult> broken = fail(ErrorCode::Io, "read error");
  EXPECT_TRUE(cache_.is_news(due(), absent));
  read(absent, kStart);
  EXPECT_FALSE(cache_.is_news(due(), absent));
  EXPECT_TRUE(cache_.is_news(due(), broken));
}

// The reader may hang with another disk: what it said then is not what is.
TEST_F(ProbeCacheTest, ForgetsInTimeThatADiskWasBlankAndNotThatItWasNot) {
  observe();
  read(blank(), kStart);
  EXPECT_TRUE(cache_.results(kStart + ProbeCache::kBlankLife).at("sda").has_value());
  const auto late = cache_.results(kStart + ProbeCache::kBlankLife + 1s).at("sda");
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::Unavailable);
  read(with_ext4(), kStart);
  EXPECT_TRUE(cache_.results(kStart + 10 * ProbeCache::kAge).at("sda").has_value());
}

TEST_F(ProbeCacheTest, TakesTheMostUrgentFirst) {
  cache_.observe({plain_disk("sda"), plain_disk("sdb")}, spec_);
  read(with_ext4(), kStart);  // one of them
  const auto other = due();
  EXPECT_LE(other.time, kStart);
  cache_.store(other, blank(), kStart);
  EXPECT_EQ(due().name, other.name);  // blank: sooner than the one with data
}

}  // namespace
}  // namespace joist::agent
