// Goal: on whatever people have on disks, a clearing or an undo that was cut goes on. Method: of
// each disk of the corpus, and of some that lead a probe elsewhere once half of them is gone, the
// states that a cut may leave: nobody else may be seen there, which joist-apply asks before it goes
// on, and what still has its front does not look blank.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <span>
#include <string_view>

#include "disk/clearing.h"
#include "disk/probe.h"
#include "disk/probed_ranges.h"
#include "tests/disk/blocks.h"
#include "tests/disk/corpus.h"
#include "tests/support/file_target.h"

namespace joist::disk {
namespace {

using support::FileTarget;
using support::Image;

// How much of the saved sectors is there: at the front, and behind it.
enum class Share { None, Some, All };
struct State {
  const char* name;
  Share front;
  Share back;
};
constexpr std::array kStates{
    State{"clearing, behind the front", Share::All, Share::Some},
    State{"clearing, before the front", Share::All, Share::None},
    State{"clearing, at the front", Share::Some, Share::None},
    State{"undoing, behind the front", Share::None, Share::Some},
    State{"undoing, before the front", Share::None, Share::All},
    State{"undoing, at the front", Share::Some, Share::All},
};

// What begins there shows in the samples (probed_ranges.cc).
constexpr std::uint64_t kSampledHeadBytes = 512 * kKiB;

void put_in_state(const Image& image, const v1::SavedBytes& saved, const State& state,
                  std::uint32_t sector_bytes, std::mt19937& random) {
  for (const v1::SavedRun& run : saved.runs()) {
    std::string bytes = run.bytes();
    for (std::size_t at = 0; at < bytes.size(); at += sector_bytes) {
      const Share share = run.offset_bytes() + at < kMiB ? state.front : state.back;
      const bool there = share == Share::All || (share == Share::Some && random() % 2 == 0);
      if (!there) bytes.replace(at, sector_bytes, sector_bytes, '\0');
    }
    image.write(run.offset_bytes(), bytes);
  }
}

void expect_to_go_on(const Specimen& specimen, std::span<const State> states = kStates) {
  SCOPED_TRACE(specimen.name);
  std::mt19937 random(20261123);
  const Image image(specimen.size_bytes);
  specimen.make(image);
  const std::string before = image.digest();
  FileTarget target(image.fd(), specimen.sector_bytes);
  const auto saved = save_bytes(target, ranges_to_clear(image.probe()));
  ASSERT_TRUE(saved.has_value()) << saved.error().message;
  const bool shows_at_front =
      saved->runs_size() > 0 && saved->runs(0).offset_bytes() < kSampledHeadBytes;
  for (const State& state : states) {
    put_in_state(image, *saved, state, specimen.sector_bytes, random);
    const auto alone =
        check_nothing_else(target, ranges_always_cleared(specimen.size_bytes), *saved);
    EXPECT_TRUE(alone.has_value()) << state.name << ": " << alone.error().message;
    if (state.front == Share::All && shows_at_front) {
      EXPECT_FALSE(samples_are_zero(image.fd(), "img0").value_or(true)) << state.name;
    }
  }
  const auto restored = restore_bytes(target, *saved);
  ASSERT_TRUE(restored.has_value()) << restored.error().message;
  EXPECT_EQ(image.digest(), before);
}

// Each in one state of a clearing and one of an undo, in turn.
void expect_all_to_go_on(const Specimens& specimens) {
  constexpr std::size_t kHalf = kStates.size() / 2;
  for (std::size_t index = 0; index < specimens.size(); ++index) {
    const std::array states{kStates.at(index % kHalf), kStates.at(kHalf + index % kHalf)};
    expect_to_go_on(specimens[index], states);
  }
}

TEST(CorpusCuts, OfFilesystemsGoOn) { expect_all_to_go_on(filesystems()); }
TEST(CorpusCuts, OfRareFilesystemsGoOn) { expect_all_to_go_on(rare_filesystems()); }
TEST(CorpusCuts, OfTablesGoOn) { expect_all_to_go_on(tables()); }
TEST(CorpusCuts, OfVolumesGoOn) { expect_all_to_go_on(volumes()); }
TEST(CorpusCuts, OfFirmwaresGoOn) { expect_all_to_go_on(firmwares()); }
TEST(CorpusCuts, OfPlatformsGoOn) { expect_all_to_go_on(platforms()); }
TEST(CorpusCuts, OfLeftoversGoOn) { expect_all_to_go_on(leftovers()); }

// What a partition holds everywhere.
void fill(const Image& image, std::uint64_t start_bytes, std::uint64_t end_bytes) {
  for (std::uint64_t at = start_bytes; at < end_bytes; at += kMiB) {
    image.write(at, std::string(std::min(kMiB, end_bytes - at), 'x'));
  }
}

constexpr std::uint64_t kDisk = 64 * kMiB;
constexpr std::uint64_t kLast = kDisk / 512 - 1;

void write_backup(const Image& image, std::uint64_t start_bytes, std::uint64_t end_bytes) {
  const std::string entries = gpt_entries(start_bytes / 512, end_bytes / 512 - 1);
  image.write(kLast * 512, gpt_header(kLast, 1, kLast - 32, kLast - 33, entries));
  image.write((kLast - 32) * 512, entries);
}

void write_primary(const Image& image, std::uint64_t start_bytes, std::uint64_t end_bytes) {
  const std::string entries = gpt_entries(start_bytes / 512, end_bytes / 512 - 1);
  image.write(0, protective_mbr());
  image.write(512, gpt_header(1, kLast, 2, kLast - 33, entries));
  image.write(1024, entries);
}

// An image written over a disk replaces the first table of a GPT, and not the last.
TEST(CorpusCuts, OfATableWhoseBackupIsOfOtherPartitionsGoOn) {
  expect_to_go_on({"gpt, its backup of other partitions", kDisk, "gpt", [](const Image& image) {
                     write_primary(image, 2 * kMiB, 60 * kMiB);
                     write_backup(image, 20 * kMiB, 50 * kMiB);
                     fill(image, 2 * kMiB, 60 * kMiB);
                   }});
}

TEST(CorpusCuts, OfADosTableBeforeAnOldBackupGoOn) {
  expect_to_go_on({"dos, an old backup of gpt", kDisk, "dos", [](const Image& image) {
                     image.make("printf \"label: dos\\n4096,118784\\n\" | sfdisk -q $0");
                     write_backup(image, 20 * kMiB, 50 * kMiB);
                     fill(image, 2 * kMiB, 60 * kMiB);
                   }});
}

TEST(CorpusCuts, OfAFilesystemBeforeAnOldBackupGoOn) {
  expect_to_go_on({"ext4, an old backup of gpt", kDisk, "ext4", [](const Image& image) {
                     fill(image, 0, kDisk);
                     image.make("mke2fs -q -F -t ext4 -E nodiscard $0 60M");
                     write_backup(image, 20 * kMiB, 50 * kMiB);
                   }});
}

}  // namespace
}  // namespace joist::disk
