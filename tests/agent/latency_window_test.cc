#include "agent/latency_window.h"

#include <gtest/gtest.h>

namespace joist::agent {
namespace {

std::vector<disk::Disk> disks_of(std::uint64_t diskseq_of_sdc = 3) {
  std::vector<disk::Disk> disks(4);
  std::uint64_t diskseq = 0;
  for (disk::Disk& disk : disks) {
    disk.name = "sd" + std::string(1, static_cast<char>('a' + diskseq));
    disk.diskseq = ++diskseq;
    disk.kind = v1::DISK_KIND_PHYSICAL;
    disk.model = "EXAMPLE";
  }
  disks[2].diskseq = diskseq_of_sdc;
  disks[3].kind = v1::DISK_KIND_VIRTUAL;
  return disks;
}

// A line of a disk that did `reads` reads of `ms` each since it was attached.
std::string line(const std::string& name, std::uint64_t reads, std::uint64_t ms) {
  return "   8       0 " + name + " " + std::to_string(reads) + " 0 0 " +
         std::to_string(reads * ms) + " 0 0 0 0 0 0 0\n";
}

std::string sample(std::uint64_t reads, std::uint64_t ms_of_sdc) {
  return line("sda", reads, 5) + line("sda1", reads, 5) + "garbage\n" + line("sdb", reads, 5) +
         line("sdc", reads, ms_of_sdc) + line("sdd", reads, 5) + "8 0 sde";
}

TEST(LatencyWindow, SaysNothingOfOneSample) {
  LatencyWindow window;
  window.add(sample(1000, 5), disks_of());
  EXPECT_TRUE(window.latencies().empty());
}

TEST(LatencyWindow, IsOfWhatHappenedWithinIt) {
  LatencyWindow window;
  window.add(sample(100'000, 5), disks_of());
  window.add(sample(100'000, 5) + line("sdx", 1, 1), disks_of());
  ASSERT_EQ(window.latencies().size(), 3U);
  EXPECT_EQ(window.latencies()[0].read_seconds, std::nullopt);  // nothing happened
  // 1,000 reads more of 5 ms, of 80 on sdc.
  std::string later = line("sda", 101'000, 5) + line("sdb", 101'000, 5) +
                      "8 0 sdc 101000 0 0 580000 0 0 0 0 0 0 0\n";
  window.add(later, disks_of());
  EXPECT_EQ(window.latencies()[0].read_seconds, 0.005);
  EXPECT_EQ(window.latencies()[2].read_seconds, 0.08);
  EXPECT_NE(window.latencies()[2].outlier, "");
}

TEST(LatencyWindow, ForgetsWhatIsTenMinutesOld) {
  LatencyWindow window;
  window.add(sample(0, 5), disks_of());
  for (std::size_t minute = 1; minute < LatencyWindow::kSamplesMax; ++minute) {
    window.add(sample(1000, 5), disks_of());
    EXPECT_EQ(window.latencies()[0].read_seconds, 0.005);
  }
  window.add(sample(1000, 5), disks_of());
  EXPECT_EQ(window.latencies()[0].read_seconds, std::nullopt);
}

TEST(LatencyWindow, ADiskThatWasReplacedBeginsAnew) {
  LatencyWindow window;
  window.add(sample(0, 5), disks_of());
  window.add(sample(1000, 90), disks_of(7));
  ASSERT_EQ(window.latencies().size(), 3U);
  EXPECT_EQ(window.latencies()[2].name, "sdc");
  EXPECT_EQ(window.latencies()[2].read_seconds, std::nullopt);
  // Counters that went back.
  window.add(sample(500, 5), disks_of(7));
  EXPECT_EQ(window.latencies()[0].read_seconds, 0.005);
}

}  // namespace
}  // namespace joist::agent
