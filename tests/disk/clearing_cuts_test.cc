// Goal: every disk that a power cut can leave of a small clearing or undo is one from which both
// directions come to their end, also when the power goes again on the way, and on none of them the
// front went before what lies behind it. Method: a model with few sectors tells what each run wrote
// between two flushes; of each such stretch every subset is tried, for a medium may keep, lose,
// reorder and tear whatever was not flushed. From a sample of those disks the next run is cut too.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "disk/clearing.h"

namespace joist::disk {
namespace {

// As small as a number, so that a hundred thousand disks take a second.
constexpr std::uint32_t kSector = 8;
constexpr std::uint64_t kFront = (std::uint64_t{1} << 20) / kSector;  // sectors of clearing.h's
constexpr std::uint64_t kSectors = kFront + 4096;

using Sectors = std::map<std::uint64_t, std::uint64_t>;  // that are not zero, by number

class TinyDisk final : public BlockTarget {
 public:
  explicit TinyDisk(Sectors sectors) : sectors_(std::move(sectors)) {}

  std::uint64_t size_bytes() const override { return kSectors * kSector; }
  std::uint32_t sector_bytes() const override { return kSector; }

  Result<std::string> read(const ByteRange& range) override {
    std::string bytes(range.size_bytes, '\0');
    const std::uint64_t first = range.start_bytes / kSector;
    for (auto at = sectors_.lower_bound(first);
         at != sectors_.end() && at->first < range.end_bytes() / kSector; ++at) {
      std::memcpy(bytes.data() + (at->first - first) * kSector, &at->second, kSector);
    }
    return bytes;
  }

  Result<void> write(std::uint64_t offset_bytes, std::string_view bytes) override {
    for (std::uint64_t at = 0; at < bytes.size(); at += kSector) {
      std::uint64_t value = 0;
      std::memcpy(&value, bytes.data() + at, kSector);
      const std::uint64_t number = (offset_bytes + at) / kSector;
      put(sectors_, number, value);
      stretches_.back()[number] = value;
    }
    return {};
  }

  Result<void> flush() override {
    stretches_.emplace_back();
    return {};
  }

  static void put(Sectors& sectors, std::uint64_t number, std::uint64_t value) {
    if (value == 0) {
      sectors.erase(number);
    } else {
      sectors[number] = value;
    }
  }

  const Sectors& sectors() const { return sectors_; }
  // What was written before the first flush, between it and the second, …
  const std::vector<Sectors>& stretches() const { return stretches_; }

 private:
  Sectors sectors_;
  std::vector<Sectors> stretches_{1};
};

enum class Direction { Clear, Restore };

Result<void> run(TinyDisk& disk, Direction direction, const v1::SavedBytes& saved) {
  return direction == Direction::Clear ? clear_bytes(disk, saved) : restore_bytes(disk, saved);
}

// One of which some is saved, and some is a neighbour's.
struct Case {
  Sectors before;
  std::set<std::uint64_t> saved_numbers;
  v1::SavedBytes saved;
};

// Short stretches of sectors on both sides of where the front ends, and across.
Case make_case(std::mt19937& random) {
  Case made;
  const std::uint64_t starts[] = {0, 9, kFront - 3, kFront - 1, kFront, kFront + 7, kSectors - 4};
  std::vector<ByteRange> ranges;
  for (const std::uint64_t start : starts) {
    const bool first = start == 0;
    const auto sectors = std::min<std::uint64_t>(random() % 4, kSectors - start);
    if (sectors == 0 && !first) continue;
    ranges.push_back({start * kSector, std::max<std::uint64_t>(sectors, first ? 1 : 0) * kSector});
  }
  std::vector<ByteRange> apart;
  for (const ByteRange& range : ranges) {  // none of them overlap
    if (!apart.empty() && apart.back().end_bytes() > range.start_bytes) continue;
    apart.push_back(range);
  }
  for (const ByteRange& range : apart) {
    for (auto at = range.start_bytes; at < range.end_bytes(); at += kSector) {
      if (random() % 8 != 0) made.before[at / kSector] = random() | 1;
    }
    made.before[range.end_bytes() / kSector + 1] = random() | 1;  // in none of them, or in the next
  }
  made.before[0] = random() | 1;  // there is something at the front
  std::erase_if(made.before, [](const auto& sector) { return sector.first >= kSectors; });
  TinyDisk disk(made.before);
  made.saved = save_bytes(disk, apart).value_or(v1::SavedBytes());
  for (const v1::SavedRun& one : made.saved.runs()) {
    for (std::uint64_t at = 0; at < one.bytes().size(); at += kSector) {
      made.saved_numbers.insert((one.offset_bytes() + at) / kSector);
    }
  }
  return made;
}

class Cuts : public testing::Test {
 protected:
  // That every disk which a cut of this run may leave is in order; calls `next` with each.
  void each_cut(const Case& on, const Sectors& from, Direction direction,
                const std::function<void(const Sectors&)>& next) {
    TinyDisk disk(from);
    const auto done = run(disk, direction, on.saved);
    ASSERT_TRUE(done.has_value()) << done.error().message;
    ASSERT_TRUE(disk.stretches().back().empty()) << "the last word is a flush";
    Sectors flushed = from;
    for (const Sectors& stretch : disk.stretches()) {
      const std::vector<Sectors::value_type> writes(stretch.begin(), stretch.end());
      ASSERT_LE(writes.size(), 16U);
      for (std::uint32_t kept = 0; kept < 1U << writes.size(); ++kept) {
        Sectors left = flushed;
        for (std::size_t bit = 0; bit < writes.size(); ++bit) {
          if ((kept >> bit & 1) != 0) TinyDisk::put(left, writes[bit].first, writes[bit].second);
        }
        ++disks_;
        look_at(on, from, left, direction);
        if (HasFatalFailure()) return;
        next(left);
        if (HasFatalFailure()) return;
      }
      for (const auto& [number, value] : writes) TinyDisk::put(flushed, number, value);
    }
  }

  static std::uint64_t value_of(const Sectors& sectors, std::uint64_t number) {
    const auto found = sectors.find(number);
    return found == sectors.end() ? 0 : found->second;
  }

  static void look_at(const Case& on, const Sectors& from, const Sectors& left,
                      Direction direction) {
    bool front_moved = false;
    bool back_left_to_do = false;
    for (const auto& [number, was] : on.before) {
      const std::uint64_t is = value_of(left, number);
      if (!on.saved_numbers.contains(number)) {
        ASSERT_EQ(is, was) << "a sector of nobody's consent, " << number;
        continue;
      }
      ASSERT_TRUE(is == 0 || is == was) << "sector " << number;
      const std::uint64_t wanted = direction == Direction::Clear ? 0 : was;
      if (number >= kFront) {
        back_left_to_do = back_left_to_do || is != wanted;
      } else {
        front_moved = front_moved || is != value_of(from, number);
      }
    }
    for (const auto& [number, is] : left) ASSERT_TRUE(on.before.contains(number)) << number;
    ASSERT_FALSE(front_moved && back_left_to_do) << "the front did not wait";
  }

  static void make_whole(const Case& on, const Sectors& left) {
    TinyDisk restored(left);
    ASSERT_TRUE(run(restored, Direction::Restore, on.saved).has_value());
    ASSERT_EQ(restored.sectors(), on.before);
    TinyDisk cleared(left);
    ASSERT_TRUE(run(cleared, Direction::Clear, on.saved).has_value());
    ASSERT_EQ(cleared.sectors().size(), on.before.size() - on.saved_numbers.size());
    for (const auto& [number, is] : cleared.sectors()) {
      ASSERT_FALSE(on.saved_numbers.contains(number)) << number;
    }
  }

  int disks_ = 0;
};

TEST_F(Cuts, LeaveNothingThatIsNotMadeWhole) {
  constexpr int kDisks = 100'000;
  std::mt19937 random(20261123);
  int across = 0;
  while (disks_ < kDisks) {
    const Case on = make_case(random);
    across += on.saved_numbers.contains(kFront - 1) && on.saved_numbers.contains(kFront);
    TinyDisk cleared(on.before);
    ASSERT_TRUE(clear_bytes(cleared, on.saved).has_value());
    for (const Direction first : {Direction::Clear, Direction::Restore}) {
      const Sectors from = first == Direction::Clear ? on.before : cleared.sectors();
      each_cut(on, from, first, [&](const Sectors& once) {
        make_whole(on, once);
        if (random() % 64 != 0) return;
        for (const Direction second : {Direction::Clear, Direction::Restore}) {
          each_cut(on, once, second, [&](const Sectors& twice) { make_whole(on, twice); });
        }
      });
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(across, 0) << "no case had a stretch across the end of the front";
  std::cout << disks_ << " disks after a cut\n";
}

}  // namespace
}  // namespace joist::disk
