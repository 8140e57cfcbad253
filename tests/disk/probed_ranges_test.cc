// Goal: all that a probe looks at is cleared, in ranges that a disk can take, and a probe reads
// little. Method: properties over sizes of disks from nothing to 20 TiB, odd ones among them.
#include "disk/probed_ranges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "disk/clearing.h"

namespace joist::disk {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;

std::vector<std::uint64_t> sizes() {
  std::vector<std::uint64_t> sizes{0, 1, 511};
  for (const std::uint64_t around :
       {std::uint64_t{512}, std::uint64_t{4096}, kMiB / 2, kMiB, kMiB + kMiB / 8,
        kMiB + kMiB / 8 + kMiB / 2, 2 * kMiB, 10 * kMiB, 11 * kMiB, 64 * kMiB, 5 * kGiB, 100 * kGiB,
        256 * kGiB, kTiB, 4 * kTiB, 20 * kTiB}) {
    for (const std::uint64_t beside : {0U, 1U, 512U, 2048U, 3584U, 4096U, 7 * 512U}) {
      sizes.push_back(around + beside);
      if (around > beside) sizes.push_back(around - beside);
    }
  }
  std::mt19937_64 random(1);
  for (int power = 10; power < 45; ++power) {
    for (int time = 0; time < 8; ++time) {
      sizes.push_back((std::uint64_t{1} << power) + random() % (std::uint64_t{1} << power));
    }
  }
  return sizes;
}

// Places of a superblock overlap; each byte of a disk counts once.
std::vector<ByteRange> joined(std::vector<ByteRange> ranges) {
  std::ranges::sort(ranges, {}, &ByteRange::start_bytes);
  std::vector<ByteRange> joined;
  for (const ByteRange& range : ranges) {
    if (joined.empty() || range.start_bytes > joined.back().end_bytes()) {
      joined.push_back(range);
    } else if (range.end_bytes() > joined.back().end_bytes()) {
      joined.back().size_bytes = range.end_bytes() - joined.back().start_bytes;
    }
  }
  return joined;
}

bool covers(const std::vector<ByteRange>& ranges, const ByteRange& wanted) {
  return wanted.size_bytes == 0 || std::ranges::any_of(ranges, [&wanted](const ByteRange& range) {
           return range.start_bytes <= wanted.start_bytes &&
                  wanted.end_bytes() <= range.end_bytes();
         });
}

ProbeResult found_on(std::uint64_t size_bytes) {
  ProbeResult found;
  found.size_bytes = size_bytes;
  return found;
}

void expect_in_order(const std::vector<ByteRange>& ranges, std::uint64_t disk_bytes) {
  std::uint64_t end_bytes = 0;
  for (const ByteRange& range : ranges) {
    ASSERT_GT(range.size_bytes, 0U) << disk_bytes;
    ASSERT_EQ(range.start_bytes % 4096, 0U) << disk_bytes;
    ASSERT_TRUE(range.end_bytes() % 4096 == 0 || range.end_bytes() == disk_bytes) << disk_bytes;
    ASSERT_LE(range.end_bytes(), disk_bytes);
    // A gap, else it would be one range.
    ASSERT_TRUE(range.start_bytes > end_bytes || (end_bytes == 0 && range.start_bytes == 0))
        << disk_bytes;
    end_bytes = range.end_bytes();
  }
}

TEST(SampledRanges, LieWithinTheDiskAndAreLittle) {
  for (const std::uint64_t size_bytes : sizes()) {
    std::uint64_t sum_bytes = 0;
    for (const ByteRange& range : sampled_ranges(size_bytes)) {
      ASSERT_LE(range.end_bytes(), size_bytes);
      ASSERT_GE(range.end_bytes(), range.start_bytes);
      sum_bytes += range.size_bytes;
    }
    EXPECT_LE(sum_bytes, 2 * kMiB) << size_bytes;
  }
}

TEST(SampledRanges, BeginWithBothEnds) {
  for (const std::uint64_t size_bytes : sizes()) {
    const auto ranges = sampled_ranges(size_bytes);
    ASSERT_GE(ranges.size(), 2U);
    EXPECT_EQ(ranges[0], (ByteRange{0, std::min(size_bytes, kMiB / 2)}));
    EXPECT_EQ(ranges[1].end_bytes(), size_bytes);
    EXPECT_EQ(ranges[1].size_bytes, std::min(size_bytes, kMiB / 2));
  }
}

TEST(SampledRanges, HoldTheFirstBlockOfEverySuperblock) {
  for (const std::uint64_t size_bytes : sizes()) {
    const auto sampled = joined(sampled_ranges(size_bytes));
    std::vector<Region> regions{{0, size_bytes, "sda"}};
    if (auto lost = lost_partition(regions[0], false)) regions.push_back(*lost);
    for (const Region& region : regions) {
      for (const SuperblockPlace& place : places_in(region)) {
        const std::uint64_t at = region.start_bytes + place.offset_bytes;
        const std::uint64_t end_bytes = std::min(size_bytes, at / 4096 * 4096 + 4096);
        EXPECT_TRUE(covers(sampled, {at, end_bytes - at})) << size_bytes << " at " << at;
      }
    }
  }
}

TEST(PlacesIn, LieWithinTheirRegion) {
  for (const std::uint64_t size_bytes : sizes()) {
    for (const bool lost : {false, true}) {
      std::uint64_t before = 0;
      for (const SuperblockPlace& place : places_in({kMiB, size_bytes, "sda1", lost})) {
        ASSERT_GE(place.offset_bytes, before);
        ASSERT_GT(place.length_bytes, 0U);
        ASSERT_LE(place.offset_bytes + place.length_bytes, size_bytes);
        ASSERT_TRUE(!lost || place.length_bytes <= kMiB / 8);
        before = place.offset_bytes;
      }
    }
  }
}

TEST(LostPartition, IsWhereAFirstOneBegins) {
  EXPECT_FALSE(lost_partition({0, kMiB, "sda"}, false).has_value());
  EXPECT_FALSE(lost_partition({0, kGiB, "sda"}, true).has_value());
  const auto lost = lost_partition({0, kMiB + 1, "sda"}, false);
  ASSERT_TRUE(lost.has_value());
  EXPECT_EQ(lost->start_bytes, kMiB);
  EXPECT_EQ(lost->size_bytes, 1U);
  EXPECT_TRUE(lost->lost);
}

TEST(RangesToClear, AreWholeBlocksInOrder) {
  for (const std::uint64_t size_bytes : sizes()) {
    expect_in_order(ranges_to_clear(found_on(size_bytes)), size_bytes);
    if (HasFatalFailure()) return;
  }
}

TEST(RangesToClear, CoverAllThatAProbeReads) {
  for (const std::uint64_t size_bytes : sizes()) {
    ProbeResult found = found_on(size_bytes);
    std::vector<Region> regions{{0, size_bytes, "sda"}};
    if (auto lost = lost_partition(regions[0], false)) regions.push_back(*lost);
    // The last one ends where the disk does, and is no multiple of anything.
    for (const std::uint64_t start_bytes : {std::uint64_t{512}, 63 * 512UL, kMiB, size_bytes / 3}) {
      if (start_bytes == 0 || start_bytes >= size_bytes) continue;
      found.partitions.push_back({"sda1", start_bytes, size_bytes - start_bytes, ""});
      regions.push_back({start_bytes, size_bytes - start_bytes, "sda1"});
    }
    const auto cleared = ranges_to_clear(found);
    expect_in_order(cleared, size_bytes);
    if (HasFatalFailure()) return;
    for (const ByteRange& range : sampled_ranges(size_bytes)) {
      EXPECT_TRUE(covers(cleared, range)) << size_bytes << " at " << range.start_bytes;
    }
    for (const Region& region : regions) {
      for (const SuperblockPlace& place : places_in(region)) {
        EXPECT_TRUE(covers(cleared, {region.start_bytes + place.offset_bytes, place.length_bytes}))
            << size_bytes << " at " << region.start_bytes << " + " << place.offset_bytes;
      }
    }
    EXPECT_TRUE(covers(cleared, {0, std::min(size_bytes, 10 * kMiB)})) << size_bytes;
    const std::uint64_t tail_bytes = std::min(size_bytes, kMiB);
    EXPECT_TRUE(covers(cleared, {size_bytes - tail_bytes, tail_bytes})) << size_bytes;
  }
}

TEST(RangesToClear, CoverEverySignature) {
  std::mt19937_64 random(2);
  for (const std::uint64_t size_bytes : sizes()) {
    if (size_bytes == 0) continue;
    ProbeResult found = found_on(size_bytes);
    for (int number = 0; number < 64; ++number) {
      Signature signature;
      signature.offset_bytes = random() % size_bytes;
      const std::uint64_t left_bytes = size_bytes - signature.offset_bytes;
      signature.length_bytes =
          static_cast<std::uint32_t>(random() % std::min<std::uint64_t>(left_bytes + 1, 70'000));
      found.signatures.push_back(signature);
    }
    const auto cleared = ranges_to_clear(found);
    expect_in_order(cleared, size_bytes);
    if (HasFatalFailure()) return;
    for (const Signature& one : found.signatures) {
      EXPECT_TRUE(covers(cleared, {one.offset_bytes, std::max(one.length_bytes, 1U)}))
          << size_bytes << " at " << one.offset_bytes;
    }
  }
}

// A probe's answer comes from a process that read a hostile disk.
TEST(RangesToClear, StayOnTheDiskWhateverWasFound) {
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  for (const std::uint64_t size_bytes : sizes()) {
    ProbeResult found = found_on(size_bytes);
    for (const std::uint64_t at : {std::uint64_t{0}, size_bytes - 1, size_bytes, size_bytes + 1,
                                   kMost - 4095, kMost - 1, kMost}) {
      Signature signature;
      signature.offset_bytes = at;
      signature.length_bytes = ~0U;
      found.signatures.push_back(signature);
      found.partitions.push_back({"a", at, kMost, ""});
      found.partitions.push_back({"b", at, size_bytes, ""});
      found.partitions.push_back({"c", at, 0, ""});
      found.partitions.push_back({"d", at, 1, ""});
    }
    expect_in_order(ranges_to_clear(found), size_bytes);
    if (HasFatalFailure()) return;
  }
}

TEST(RangesAlwaysCleared, AreClearedWhateverWasFound) {
  std::mt19937_64 random(3);
  for (const std::uint64_t size_bytes : sizes()) {
    const auto always = ranges_always_cleared(size_bytes);
    expect_in_order(always, size_bytes);
    ProbeResult found = found_on(size_bytes);
    for (int number = 0; number < 3; ++number) {
      found.partitions.push_back(
          {"", random() % (size_bytes + 1), random() % (size_bytes + 1), {}});
      found.signatures.emplace_back().offset_bytes = random() % (size_bytes + 1);
    }
    const auto ranges = ranges_to_clear(found);
    for (const ByteRange& range : always) EXPECT_TRUE(covers(ranges, range)) << size_bytes;
  }
}

// As clearing.h has it. Full to the brim: every byte of it would be saved.
TEST(RangesToClear, FitIntoWhatIsSaved) {
  for (const std::uint64_t size_bytes : {64 * kMiB, 5 * kGiB, 100 * kGiB, kTiB, 20 * kTiB}) {
    ProbeResult found = found_on(size_bytes);
    const std::uint64_t each_bytes = (size_bytes - std::min(size_bytes, 2 * kMiB)) / 32;
    for (std::uint64_t number = 0; number < 32; ++number) {
      found.partitions.push_back({"", kMiB + number * each_bytes, each_bytes, {}});
    }
    std::uint64_t sum_bytes = 0;
    for (const ByteRange& range : ranges_to_clear(found)) sum_bytes += range.size_bytes;
    EXPECT_LE(sum_bytes, kSavedBytesMax) << size_bytes;
  }
}

}  // namespace
}  // namespace joist::disk
