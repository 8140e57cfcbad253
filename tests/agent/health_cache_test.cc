#include "agent/health_cache.h"

#include <gtest/gtest.h>

#include "tests/support/health_document.h"

namespace joist::agent {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr seconds kInterval{600};
constexpr double kEven = 0.5;  // neither earlier nor later

Moment at(seconds boot) { return {WallTime(boot), boot}; }

disk::Disk disk_of(const std::string& name, std::uint64_t diskseq = 1,
                   v1::DiskKind kind = v1::DISK_KIND_PHYSICAL) {
  disk::Disk disk;
  disk.name = name;
  disk.diskseq = diskseq;
  disk.kind = kind;
  return disk;
}

Result<v1::HealthResponse> answer(const std::string& document) {
  v1::HealthResponse response;
  *response.mutable_report() = support::health_report(document);
  return response;
}

const Result<v1::HealthResponse> kTrouble = fail(ErrorCode::Unavailable, "no helper");

class HealthCacheTest : public ::testing::Test {
 protected:
  void store(const Result<v1::HealthResponse>& what, seconds now) {
    const auto due = cache_.next();
    ASSERT_TRUE(due.has_value());
    cache_.store(*due, what, kInterval, kEven, at(now));
  }
  seconds due() const { return std::chrono::duration_cast<seconds>(cache_.next()->time); }

  HealthCache cache_;
};

TEST_F(HealthCacheTest, AsksEachDiskThatHasHealthOfItsOwn) {
  EXPECT_FALSE(cache_.next().has_value());
  EXPECT_TRUE(cache_.observe(
      {disk_of("dm-0", 3, v1::DISK_KIND_VIRTUAL), disk_of("sda"), disk_of("sdb", 2)}));
  EXPECT_EQ(cache_.next()->name, "sda");
  store(answer("ata_ssd"), 100s);
  EXPECT_EQ(cache_.next()->name, "sdb");
  EXPECT_EQ(cache_.next()->diskseq, 2U);
  store(answer("sas"), 101s);
  EXPECT_EQ(cache_.next()->name, "sda");
  EXPECT_EQ(due(), 700s);
  const auto known = cache_.known();
  ASSERT_EQ(known.size(), 3U);
  EXPECT_FALSE(known[0].last.has_value());
  EXPECT_EQ(known[1].report->model_name(), "EXAMPLE SSD 4000");
  EXPECT_EQ(known[1].read.boot, 100s);
}

TEST_F(HealthCacheTest, AsksAgainGiveOrTakeATenth) {
  cache_.observe({disk_of("sda")});
  cache_.store(*cache_.next(), answer("ata_ssd"), kInterval, 0, at(0s));
  EXPECT_EQ(due(), 540s);
  cache_.store(*cache_.next(), answer("ata_ssd"), kInterval, 1, at(0s));
  EXPECT_EQ(due(), 660s);
}

TEST_F(HealthCacheTest, PausesLongerAndLongerAfterTroubleAndKeepsWhatItKnew) {
  cache_.observe({disk_of("sda")});
  store(answer("ata_ssd"), 0s);
  for (const seconds pause : {60s, 120s, 240s, 480s, 960s, 1920s, 3600s, 3600s}) {
    store(kTrouble, 1000s);
    EXPECT_EQ(due(), 1000s + pause);
  }
  const auto known = cache_.known();
  EXPECT_EQ(known[0].last->answer, disk::HealthAnswer::Trouble);
  EXPECT_EQ(known[0].last->why, "no helper");
  EXPECT_EQ(known[0].read.boot, 0s);
  EXPECT_TRUE(known[0].report.has_value());
  store(answer("ata_ssd"), 2000s);
  store(kTrouble, 3000s);
  EXPECT_EQ(due(), 3060s);
}

TEST_F(HealthCacheTest, KeepsTheFiguresOfADiskThatSleeps) {
  cache_.observe({disk_of("sda")});
  store(answer("ata_ssd"), 0s);
  store(answer("asleep"), 600s);
  EXPECT_EQ(cache_.known()[0].last->answer, disk::HealthAnswer::Asleep);
  EXPECT_EQ(cache_.known()[0].read.boot, 0s);
  EXPECT_EQ(due(), 1200s);
}

TEST_F(HealthCacheTest, SeldomAsksWhoHasNothingToTell) {
  cache_.observe({disk_of("vda")});
  store(answer("unsupported"), 0s);
  EXPECT_EQ(due(), HealthCache::kMuteAgain);
}

TEST_F(HealthCacheTest, ForgetsADiskThatWasReplaced) {
  cache_.observe({disk_of("sda")});
  const auto due_before = *cache_.next();
  store(answer("ata_ssd"), 0s);
  EXPECT_FALSE(cache_.observe({disk_of("sda")}));
  EXPECT_TRUE(cache_.known()[0].report.has_value());
  EXPECT_TRUE(cache_.observe({disk_of("sda", 2)}));
  EXPECT_FALSE(cache_.known()[0].report.has_value());
  EXPECT_EQ(due(), 0s);
  // An answer that was on its way is the other disk's.
  cache_.store(due_before, answer("ata_ssd"), kInterval, kEven, at(5s));
  EXPECT_FALSE(cache_.known()[0].last.has_value());
  EXPECT_TRUE(cache_.observe({}));
  EXPECT_FALSE(cache_.next().has_value());
}

TEST_F(HealthCacheTest, TellsNewsFromTheSameAgain) {
  cache_.observe({disk_of("sda")});
  const auto due = *cache_.next();
  EXPECT_TRUE(cache_.is_news(due, kTrouble));
  store(kTrouble, 0s);
  EXPECT_FALSE(cache_.is_news(due, kTrouble));
  EXPECT_TRUE(cache_.is_news(due, answer("ata_ssd")));
  store(answer("ata_ssd"), 0s);
  EXPECT_FALSE(cache_.is_news(due, answer("sas")));
  EXPECT_TRUE(cache_.is_news(due, answer("asleep")));
}

TEST_F(HealthCacheTest, TakesAShorterIntervalAtOnce) {
  cache_.observe({disk_of("sda")});
  store(answer("ata_ssd"), 0s);
  cache_.reconsider(60s, 10s);
  EXPECT_EQ(due(), 70s);
  cache_.reconsider(6000s, 10s);
  EXPECT_EQ(due(), 70s);
}

}  // namespace
}  // namespace joist::agent
