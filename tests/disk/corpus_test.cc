// Goal: nothing that people have on disks is taken for nothing, what is cleared is gone to the
// probe and comes back bit for bit, and a disk on which nothing is is blank whatever its size.
// Method: a corpus of images, by the formats' own tools where they are at hand and else by hand,
// whole, damaged, nested and half wiped; each is probed, judged, saved, cleared and restored.
#include "tests/disk/corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "disk/classify.h"
#include "disk/clearing.h"
#include "disk/probe.h"
#include "disk/probed_ranges.h"
#include "tests/disk/blocks.h"
#include "tests/support/file_target.h"

namespace joist::disk {

// GoogleTest's own name.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Specimen& specimen, std::ostream* out) { *out << specimen.name; }

namespace {

using support::FileTarget;
using support::Image;

// Of a disk that is fit in all but what is on it.
v1::DiskClass class_of(const ProbeResult& found) {
  Disk disk;
  disk.id = "wwn:naa.5000c50015ea71ac";
  disk.identity_fault = IdentityFault::None;
  disk.name = "img0";
  disk.kind = v1::DISK_KIND_PHYSICAL;
  disk.size_bytes = found.size_bytes;
  disk.logical_sector_bytes = found.logical_sector_bytes;
  disk.physical_sector_bytes = found.physical_sector_bytes;
  v1::StorageSpec spec;
  spec.set_size_min_bytes(1);
  return classify(disk, "", Result<ProbeResult>(found), spec).disk_class;
}

bool is_blank(const ProbeResult& found) {
  return found.signatures.empty() && found.partitions.empty() && found.data_offsets_bytes.empty() &&
         !found.truncated;
}

// "ext4@1080 data@1024": for the reader of a failure.
std::string shown(const ProbeResult& found) {
  std::string text;
  for (const Signature& one : found.signatures) {
    text += one.type + "@" + std::to_string(one.offset_bytes) + " ";
  }
  for (const std::uint64_t at : found.data_offsets_bytes) {
    text += "data@" + std::to_string(at) + " ";
  }
  return text;
}

// "wipefs of ext4, 1 KiB" -> "wipefs_of_ext4_1_KiB"
std::string name_of(const ::testing::TestParamInfo<Specimen>& info) {
  std::string name;
  for (const char letter : info.param.name) {
    const bool fits = std::isalnum(static_cast<unsigned char>(letter)) != 0;
    if (fits) {
      name += letter;
    } else if (!name.ends_with('_')) {
      name += '_';
    }
  }
  return name;
}

class Foreign : public ::testing::TestWithParam<Specimen> {};

TEST_P(Foreign, IsSeenClearedAndRestored) {
  const Specimen& specimen = GetParam();
  const Image image(specimen.size_bytes);
  specimen.make(image);
  const std::string before = image.digest();
  const ProbeResult found = image.probe();
  EXPECT_FALSE(is_blank(found));
  EXPECT_EQ(class_of(found), v1::DISK_CLASS_FOREIGN);
  // What a process with power asks, without libblkid.
  EXPECT_FALSE(samples_are_zero(image.fd(), "img0").value_or(true));
  const bool named = specimen.type.empty() ||
                     std::ranges::find(found.signatures, specimen.type, &Signature::type) !=
                         found.signatures.end();
  EXPECT_TRUE(named) << specimen.type << " is not among " << shown(found);

  FileTarget target(image.fd(), specimen.sector_bytes);
  const auto saved = save_bytes(target, ranges_to_clear(found));
  ASSERT_TRUE(saved.has_value()) << saved.error().message;
  const auto cleared = clear_bytes(target, *saved);
  ASSERT_TRUE(cleared.has_value()) << cleared.error().message;
  const ProbeResult after = image.probe();
  EXPECT_TRUE(is_blank(after)) << shown(after);
  EXPECT_EQ(class_of(after), v1::DISK_CLASS_BLANK);

  const auto restored = restore_bytes(target, *saved);
  ASSERT_TRUE(restored.has_value()) << restored.error().message;
  EXPECT_EQ(image.digest(), before);
  EXPECT_EQ(image.size_bytes(), specimen.size_bytes);
  EXPECT_EQ(shown(image.probe()), shown(found));
}

INSTANTIATE_TEST_SUITE_P(Filesystems, Foreign, ::testing::ValuesIn(filesystems()), name_of);
INSTANTIATE_TEST_SUITE_P(Rare, Foreign, ::testing::ValuesIn(rare_filesystems()), name_of);
INSTANTIATE_TEST_SUITE_P(Tables, Foreign, ::testing::ValuesIn(tables()), name_of);
INSTANTIATE_TEST_SUITE_P(Volumes, Foreign, ::testing::ValuesIn(volumes()), name_of);
INSTANTIATE_TEST_SUITE_P(Firmwares, Foreign, ::testing::ValuesIn(firmwares()), name_of);
INSTANTIATE_TEST_SUITE_P(Platforms, Foreign, ::testing::ValuesIn(platforms()), name_of);
INSTANTIATE_TEST_SUITE_P(Leftovers, Foreign, ::testing::ValuesIn(leftovers()), name_of);

class Blank : public ::testing::TestWithParam<Specimen> {};

TEST_P(Blank, IsBlank) {
  const Image image(GetParam().size_bytes);
  GetParam().make(image);
  const ProbeResult found = image.probe();
  EXPECT_TRUE(is_blank(found)) << shown(found);
  EXPECT_EQ(class_of(found), v1::DISK_CLASS_BLANK);
  const auto zero = samples_are_zero(image.fd(), "img0");
  EXPECT_TRUE(zero.has_value() && *zero);
}

INSTANTIATE_TEST_SUITE_P(Blanks, Blank, ::testing::ValuesIn(blanks()), name_of);

TEST(Corpus, IsLargeEnough) {
  std::set<std::string> foreign;
  for (const auto& group : {filesystems(), rare_filesystems(), tables(), volumes(), firmwares(),
                            platforms(), leftovers()}) {
    for (const Specimen& specimen : group) foreign.insert(specimen.name);
  }
  std::set<std::string> blank;
  for (const Specimen& specimen : blanks()) blank.insert(specimen.name);
  RecordProperty("foreign", static_cast<int>(foreign.size()));
  RecordProperty("blank", static_cast<int>(blank.size()));
  EXPECT_GE(foreign.size(), 120U);
  EXPECT_GE(blank.size(), 60U);
}

// What a blank disk costs its host each time it is asked about.
TEST(Corpus, ABlankDiskIsReadInTwoMiB) {
  for (const std::uint64_t size_bytes : {kGiB, 100 * kGiB, 15 * kTiB}) {
    std::uint64_t read_bytes = 0;
    for (const ByteRange& range : sampled_ranges(size_bytes)) read_bytes += range.size_bytes;
    EXPECT_LE(read_bytes, 2 * kMiB) << size_bytes;
  }
}

}  // namespace
}  // namespace joist::disk
