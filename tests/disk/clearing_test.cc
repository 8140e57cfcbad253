// Goal: whatever a power cut leaves of a clearing or of an undo, the next run makes it whole, no
// byte but what was saved is ever written, and a disk does not look blank before it is. Method: a
// model of a disk that keeps what was written since the last flush apart: at a cut each such sector
// is on the medium or not, as chance has it, so that writes are lost, reordered and torn. Every
// operation of every run is cut; thousands of disks after a cut are looked at, 100,000 by
// JOIST_CRASH_IMAGES. Small disks are cut in every way there is by clearing_cuts_test.cc.
#include "disk/clearing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>

namespace joist::disk {
namespace {

constexpr std::uint32_t kSector = 512;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// Sectors that are not zero, by number: disks are large and nearly empty.
using Sectors = std::map<std::uint64_t, std::string>;

const std::string& zero_sector() {
  static const std::string zeros(kSector, '\0');
  return zeros;
}

struct PowerCut {};

class ModelDisk final : public BlockTarget {
 public:
  ModelDisk(std::uint64_t size_bytes, Sectors medium)
      : size_bytes_(size_bytes), medium_(std::move(medium)) {}

  std::uint64_t size_bytes() const override { return size_bytes_; }
  std::uint32_t sector_bytes() const override { return kSector; }

  Result<std::string> read(const ByteRange& range) override {
    if (fails()) return fail(ErrorCode::Io, "read");
    std::string bytes;
    for (std::uint64_t at = range.start_bytes; at < range.end_bytes(); at += kSector) {
      bytes += sector(at / kSector);
    }
    return bytes;
  }

  Result<void> write(std::uint64_t offset_bytes, std::string_view bytes) override {
    if (fails()) return fail(ErrorCode::Io, "write");
    cut();
    for (std::uint64_t at = 0; at < bytes.size(); at += kSector) {
      cache_[(offset_bytes + at) / kSector] = std::string(bytes.substr(at, kSector));
    }
    cut();
    return {};
  }

  Result<void> flush() override {
    if (fails()) return fail(ErrorCode::Io, "flush");
    cut();
    for (const auto& [number, bytes] : cache_) put(number, bytes);
    cache_.clear();
    cut();
    return {};
  }

  // The power goes at the n-th place where it can from now on.
  void cut_at(int place) { cut_in_ = place; }
  // The n-th operation from now on fails, and does nothing.
  void fail_at(int operation) { fail_in_ = operation; }

  // What is on the medium after the power went: of each sector in the cache, by chance.
  ModelDisk after_cut(std::mt19937& random) const {
    ModelDisk after(size_bytes_, medium_);
    for (const auto& [number, bytes] : cache_) {
      if (random() % 2 == 0) after.put(number, bytes);
    }
    return after;
  }

  const Sectors& medium() const { return medium_; }
  bool is_clean() const { return cache_.empty(); }

 private:
  const std::string& sector(std::uint64_t number) const {
    const auto cached = cache_.find(number);
    if (cached != cache_.end()) return cached->second;
    const auto found = medium_.find(number);
    return found == medium_.end() ? zero_sector() : found->second;
  }

  void put(std::uint64_t number, const std::string& bytes) {
    if (bytes == zero_sector()) {
      medium_.erase(number);
    } else {
      medium_[number] = bytes;
    }
  }

  void cut() {
    if (cut_in_ >= 0 && cut_in_-- == 0) throw PowerCut();
  }

  bool fails() { return fail_in_ >= 0 && fail_in_-- == 0; }

  std::uint64_t size_bytes_;
  Sectors medium_;
  Sectors cache_;  // written, not flushed
  int cut_in_ = -1;
  int fail_in_ = -1;
};

std::string sector_of(std::uint64_t seed) {
  std::mt19937 random(static_cast<unsigned>(seed));
  std::string bytes(kSector, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// A disk as formats leave it: something at the front, copies, the end; and a neighbour's bytes that
// lie in no range that is cleared.
struct Case {
  ModelDisk disk;
  std::vector<ByteRange> ranges;
};

constexpr std::uint64_t kBeside = 5 * kMiB / kSector + 3;  // in no range

constexpr std::uint64_t kEndBytes = std::uint64_t{32} * kSector;

Case make_case(unsigned seed) {
  std::mt19937 random(seed);
  const std::uint64_t size_bytes = (8 + random() % 8) * kMiB + random() % 7 * kSector;
  const std::vector<ByteRange> ranges{{0, kMiB / 16},
                                      {kMiB, kMiB / 64},
                                      {3 * kMiB, kMiB / 128},
                                      {size_bytes - kEndBytes, kEndBytes}};
  Sectors medium{{kBeside, sector_of(1)}};
  for (const ByteRange& range : ranges) {
    const std::uint64_t first = range.start_bytes / kSector;
    const std::uint64_t count = range.size_bytes / kSector;
    for (auto written = random() % 5; written > 0; --written) {
      const std::uint64_t number = first + random() % count;
      medium[number] = sector_of(random());
      if (random() % 2 == 0 && number + 1 < first + count) medium[number + 1] = sector_of(random());
    }
  }
  medium[2] = sector_of(random());  // there is something at the front
  return {ModelDisk(size_bytes, std::move(medium)), ranges};
}

v1::SavedBytes saved_of(ModelDisk& disk, const std::vector<ByteRange>& ranges) {
  auto saved = save_bytes(disk, ranges);
  EXPECT_TRUE(saved.has_value());
  return saved.value_or(v1::SavedBytes());
}

bool in_ranges(std::uint64_t number, const std::vector<ByteRange>& ranges) {
  return std::ranges::any_of(ranges, [number](const ByteRange& range) {
    return number * kSector >= range.start_bytes && number * kSector < range.end_bytes();
  });
}

// Runs it with the power cut at that place; nullopt: it came to its end before.
template <typename Run>
std::optional<ModelDisk> cut_during(const ModelDisk& before, int place, std::mt19937& random,
                                    Run run) {
  ModelDisk disk = before;
  disk.cut_at(place);
  try {
    const Result<void> done = run(disk);
    EXPECT_TRUE(done.has_value()) << done.error().message;
    EXPECT_TRUE(disk.is_clean());
    return std::nullopt;
  } catch (const PowerCut&) {
    return disk.after_cut(random);
  }
}

class Crash : public testing::Test {
 protected:
  // What holds of every disk that a cut left, and of what goes on from there.
  void look_at(const ModelDisk& left, const Case& on, const v1::SavedBytes& saved) {
    ++images_;
    for (const auto& [number, bytes] : left.medium()) {
      const auto was = on.disk.medium().find(number);
      ASSERT_TRUE(was != on.disk.medium().end() && was->second == bytes) << "sector " << number;
    }
    int front_there = 0;
    int front_gone = 0;
    int back_there = 0;
    int back_gone = 0;
    for (const auto& [number, bytes] : on.disk.medium()) {
      const bool there = left.medium().contains(number);
      if (!in_ranges(number, on.ranges)) {
        ASSERT_TRUE(there) << "a sector of nobody's consent, " << number;
      } else if (number * kSector < kMiB) {
        (there ? front_there : front_gone) += 1;
      } else {
        (there ? back_there : back_gone) += 1;
      }
    }
    // The front is the last to go, so that the disk does not look blank too early; and the last to
    // come back, so that it does not look whole too early.
    ASSERT_TRUE(undoing_ ? front_there == 0 || back_gone == 0 : front_gone == 0 || back_there == 0);
    go_on(left, on, saved);
  }

  void go_on(const ModelDisk& left, const Case& on, const v1::SavedBytes& saved) {
    ModelDisk cleared = left;
    ASSERT_TRUE(clear_bytes(cleared, saved).has_value());
    ASSERT_TRUE(check_clear(cleared, on.ranges).has_value());
    ASSERT_EQ(cleared.medium().size(), 1U);
    ASSERT_TRUE(cleared.medium().contains(kBeside));
    ModelDisk restored = left;
    ASSERT_TRUE(restore_bytes(restored, saved).has_value());
    ASSERT_EQ(restored.medium(), on.disk.medium());
  }

  int images_ = 0;
  bool undoing_ = false;
};

TEST_F(Crash, AnyCutOfAClearingOrAnUndoIsMadeWhole) {
  constexpr int kTries = 24;  // subsets of the cache at each place
  const char* asked = std::getenv("JOIST_CRASH_IMAGES");
  const int images = asked == nullptr ? 3000 : std::atoi(asked);
  std::mt19937 random(20261123);
  for (unsigned seed = 1; images_ < images; ++seed) {
    Case on = make_case(seed);
    const v1::SavedBytes saved = saved_of(on.disk, on.ranges);
    ModelDisk cleared = on.disk;
    ASSERT_TRUE(clear_bytes(cleared, saved).has_value());
    bool over = false;
    for (int place = 0; !over; ++place) {
      for (int tries = 0; tries < kTries && !over; ++tries) {
        undoing_ = false;
        const auto left = cut_during(
            on.disk, place, random, [&saved](ModelDisk& disk) { return clear_bytes(disk, saved); });
        over = !left.has_value();
        if (left) look_at(*left, on, saved);
        undoing_ = true;
        const auto half = cut_during(cleared, place, random, [&saved](ModelDisk& disk) {
          return restore_bytes(disk, saved);
        });
        if (half) look_at(*half, on, saved);
        if (HasFatalFailure()) return;
      }
    }
  }
  std::cout << images_ << " disks after a cut\n";
}

TEST(Clearing, FailsOnAnyErrorAndGoesOnLater) {
  Case on = make_case(7);
  const v1::SavedBytes saved = saved_of(on.disk, on.ranges);
  int failures = 0;
  for (int operation = 0;; ++operation) {
    ModelDisk disk = on.disk;
    disk.fail_at(operation);
    if (clear_bytes(disk, saved)) break;
    ++failures;
    ASSERT_TRUE(clear_bytes(disk, saved).has_value());
    ASSERT_TRUE(check_clear(disk, on.ranges).has_value());
    disk.fail_at(operation);
    const auto restored = restore_bytes(disk, saved);
    if (!restored) {
      ASSERT_TRUE(restore_bytes(disk, saved).has_value());
    }
    ASSERT_EQ(disk.medium(), on.disk.medium());
  }
  EXPECT_GT(failures, 5);
}

TEST(Clearing, TouchesNothingOnceSomebodyElseWrote) {
  Case on = make_case(9);
  const v1::SavedBytes saved = saved_of(on.disk, on.ranges);
  for (const v1::SavedRun& run : saved.runs()) {
    ModelDisk disk = on.disk;
    ASSERT_TRUE(disk.write(run.offset_bytes(), sector_of(99)).has_value());
    ASSERT_TRUE(disk.flush().has_value());
    const Sectors theirs = disk.medium();
    for (const auto& result : {clear_bytes(disk, saved), restore_bytes(disk, saved)}) {
      ASSERT_FALSE(result.has_value());
      EXPECT_EQ(result.error().code, ErrorCode::Refused);
      EXPECT_TRUE(disk.is_clean());
      EXPECT_EQ(disk.medium(), theirs);
    }
  }
}

// An undo reads back what it wrote, so that more of it can fail.
TEST(Clearing, PutsBackLaterWhatFailedAtFirst) {
  Case on = make_case(7);
  const v1::SavedBytes saved = saved_of(on.disk, on.ranges);
  ModelDisk cleared = on.disk;
  ASSERT_TRUE(clear_bytes(cleared, saved).has_value());
  int failures = 0;
  for (int operation = 0;; ++operation) {
    ModelDisk disk = cleared;
    disk.fail_at(operation);
    const auto failed = restore_bytes(disk, saved);
    if (failed) break;
    EXPECT_EQ(failed.error().code, ErrorCode::Io);
    ++failures;
    ASSERT_TRUE(restore_bytes(disk, saved).has_value());
    ASSERT_EQ(disk.medium(), on.disk.medium());
  }
  EXPECT_GT(failures, 2 * saved.runs_size());
}

TEST(Clearing, ReportsWhatCannotBeSaved) {
  const Case on = make_case(7);
  int failures = 0;
  for (int operation = 0;; ++operation) {
    ModelDisk disk = on.disk;
    disk.fail_at(operation);
    const auto saved = save_bytes(disk, on.ranges);
    if (saved) break;
    EXPECT_EQ(saved.error().code, ErrorCode::Io);
    ++failures;
  }
  EXPECT_EQ(failures, 4);  // a read each
}

TEST(NothingElse, IsThereWhateverPartIsLeft) {
  Case on = make_case(5);
  const v1::SavedBytes saved = saved_of(on.disk, on.ranges);
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    Sectors left;
    for (const auto& sector : on.disk.medium()) {
      if (sector.first == kBeside || random() % 2 == 0) left.insert(sector);
    }
    ModelDisk disk(on.disk.size_bytes(), left);
    const auto alone = check_nothing_else(disk, on.ranges, saved);
    EXPECT_TRUE(alone.has_value()) << alone.error().message;
  }
}

TEST(NothingElse, IsRefusedAtEachSectorThatIsNotOurs) {
  Case on = make_case(5);
  const v1::SavedBytes saved = saved_of(on.disk, on.ranges);
  for (const Sectors& left : {on.disk.medium(), Sectors()}) {
    for (const ByteRange& range : on.ranges) {
      for (auto at = range.start_bytes; at < range.end_bytes(); at += kSector) {
        Sectors theirs = left;
        theirs[at / kSector] = sector_of(99);
        ModelDisk disk(on.disk.size_bytes(), theirs);
        const auto alone = check_nothing_else(disk, on.ranges, saved);
        ASSERT_FALSE(alone.has_value()) << at;
        EXPECT_EQ(alone.error().code, ErrorCode::Refused);
        EXPECT_NE(alone.error().message.find("at byte " + std::to_string(at) + ";"),
                  std::string::npos)
            << alone.error().message;
      }
    }
  }
}

TEST(NothingElse, IsNotKnownWhereItCannotBeRead) {
  Case on = make_case(5);
  const v1::SavedBytes saved = saved_of(on.disk, on.ranges);
  on.disk.fail_at(2);
  const auto alone = check_nothing_else(on.disk, on.ranges, saved);
  ASSERT_FALSE(alone.has_value());
  EXPECT_EQ(alone.error().code, ErrorCode::Io);
}

TEST(Clearing, SeesADiskThatDoesNotKeepItsZeros) {
  Case on = make_case(11);
  const auto kept = check_clear(on.disk, on.ranges);
  ASSERT_FALSE(kept.has_value());
  EXPECT_EQ(kept.error().code, ErrorCode::Io);
}

TEST(Clearing, RefusesSavedBytesThatDoNotFitTheDisk) {
  const auto run = [](v1::SavedBytes& saved, std::uint64_t offset, std::size_t size) {
    v1::SavedRun& added = *saved.add_runs();
    added.set_offset_bytes(offset);
    added.set_bytes(std::string(size, 'x'));
  };
  std::vector<v1::SavedBytes> wrong(7);
  run(wrong[0], 100, 512);                       // not at a sector
  run(wrong[1], 512, 100);                       // not whole sectors
  run(wrong[2], 0, 0);                           // nothing
  run(wrong[3], 1 << 20, 512);                   // past the end
  run(wrong[4], ~std::uint64_t{0} - 511, 1024);  // and past all numbers
  run(wrong[5], 1024, 1024);                     // one on the other
  run(wrong[5], 1536, 512);
  run(wrong[6], 2048, 512);  // backwards
  run(wrong[6], 0, 512);
  for (std::size_t index = 0; index < wrong.size(); ++index) {
    ModelDisk disk(1 << 20, {});
    for (const auto& result :
         {clear_bytes(disk, wrong[index]), restore_bytes(disk, wrong[index])}) {
      ASSERT_FALSE(result.has_value()) << index;
      EXPECT_EQ(result.error().code, ErrorCode::Malformed) << index;
      EXPECT_TRUE(disk.is_clean());
      EXPECT_TRUE(disk.medium().empty());
    }
  }
}

TEST(Clearing, RefusesToSaveWithoutBound) {
  class Full final : public BlockTarget {
   public:
    std::uint64_t size_bytes() const override { return 2 * kSavedBytesMax; }
    std::uint32_t sector_bytes() const override { return 4096; }
    Result<std::string> read(const ByteRange& range) override {
      return std::string(range.size_bytes, 'x');
    }
    Result<void> write(std::uint64_t, std::string_view) override { std::abort(); }
    Result<void> flush() override { std::abort(); }
  };
  Full full;
  EXPECT_TRUE(save_bytes(full, {{0, kMiB}}).has_value());
  const auto saved = save_bytes(full, {{0, kSavedBytesMax + kMiB}});
  ASSERT_FALSE(saved.has_value());
  EXPECT_EQ(saved.error().code, ErrorCode::Refused);
}

}  // namespace
}  // namespace joist::disk
