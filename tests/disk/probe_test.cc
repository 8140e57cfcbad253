// Goal: everything that is on a disk is seen, and nothing on it hurts. Method:
// images in plain files, with the magics written by hand, as the formats'
// documents have them; random bytes.
#include "disk/probe.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/unique_fd.h"
#include "tests/support/disk_image.h"

namespace joist::disk {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

using support::Image;

// "ext4@1080": types with offsets.
std::vector<std::string> found(const ProbeResult& result) {
  std::vector<std::string> texts;
  for (const Signature& signature : result.signatures) {
    texts.push_back(signature.type + "@" + std::to_string(signature.offset_bytes));
  }
  return texts;
}

using Texts = std::vector<std::string>;

std::string swap_page() {  // include/linux/swap.h: the magic ends the first page
  std::string page(4096, '\0');
  page[1024] = 1;       // version
  page[1028] = '\x0f';  // last page
  page.replace(4086, 10, "SWAPSPACE2");
  return page;
}

std::string lvm_label() {  // LVM2 lib/format_text/layout.h, sector 1
  std::string sector(512, '\0');
  sector.replace(0, 8, "LABELONE");
  sector[8] = 1;    // sector number
  sector[20] = 32;  // offset of the header
  sector.replace(24, 8, "LVM2 001");
  sector.replace(32, 32, "abcdefghijklmnopqrstuvwxyz012345");
  return sector;
}

TEST(Probe, FindsNothingOnZeros) {
  const ProbeResult result = Image(64 * kMiB).probe();
  EXPECT_EQ(result.size_bytes, 64 * kMiB);
  EXPECT_EQ(result.logical_sector_bytes, 512U);
  EXPECT_EQ(found(result), Texts{});
  EXPECT_TRUE(result.data_offsets_bytes.empty());
  EXPECT_TRUE(result.partitions.empty());
}

TEST(Probe, FindsEverySignatureNotOnlyTheLikeliest) {
  Image image(64 * kMiB);
  image.write(0, swap_page()).write(512, lvm_label());
  const ProbeResult result = image.probe();
  EXPECT_EQ(found(result), (Texts{"LVM2_member@536", "swap@4086"}));
  EXPECT_EQ(result.signatures[0].usage, "raid");
  EXPECT_EQ(result.signatures[0].length_bytes, 8U);
  EXPECT_EQ(result.signatures[1].usage, "other");
  EXPECT_EQ(result.signatures[1].device, "img0");
}

TEST(Probe, FindsBothHeadersOfLuks2) {  // docs/on-disk-format-luks2.pdf
  const std::string version("\0\x02", 2);
  Image image(64 * kMiB);
  image.write(0, "LUKS\xba\xbe" + version).write(0x4000, "SKUL\xba\xbe" + version);
  const Texts texts = found(image.probe());
  EXPECT_NE(std::ranges::find(texts, "crypto_LUKS@0"), texts.end());
  EXPECT_NE(std::ranges::find(texts, "crypto_LUKS@16384"), texts.end());
}

TEST(Probe, FindsCopiesWhereLibblkidDoesNotLook) {
  Image image(2 * kGiB);
  image.write(0, "SPDKBLOB")
      .write(64 * kMiB + 64, "_BHRfS_M")
      .write(kGiB, "bluestore block device\n");
  EXPECT_EQ(found(image.probe()),
            (Texts{"spdk_blob@0", "btrfs@67108928", "ceph_bluestore@1073741824"}));
}

// What a stray dd over the head leaves of a filesystem can still be rescued.
TEST(Probe, FindsWhatIsLeftOfExtOnceItsHeadIsZero) {
  for (const char* const block : {"1024", "2048", "4096"}) {
    SCOPED_TRACE(block);
    const Image image(kGiB);
    image.make("mke2fs -q -F -t ext4 -b " + std::string(block) + " $0");
    EXPECT_FALSE(image.probe().signatures.empty());
    image.write(0, std::string(8 * kMiB, '\0'));
    EXPECT_FALSE(image.probe().data_offsets_bytes.empty());
  }
}

TEST(Probe, FindsTheGroupsOfXfsOnceItsHeadIsZero) {
  // Four groups of a disk that four does not divide: mkfs.xfs rounds a group up, in 4 KiB.
  const std::uint64_t size = 1001 * kMiB + 4096;
  const std::uint64_t group = (size / 4096 + 3) / 4 * 4096;
  for (const std::uint64_t number : {1U, 2U, 3U}) {
    Image image(size);
    image.write(number * group, "XFSB");
    EXPECT_EQ(image.probe().data_offsets_bytes, std::vector<std::uint64_t>{number * group});
  }
}

TEST(Probe, LooksHereAndThereOnTheWholeDisk) {
  constexpr std::uint64_t size = 640 * kMiB;
  for (const std::uint64_t part : {1U, 2U, 31U, 32U, 62U, 63U}) {
    Image image(size);
    image.write(part * size / 64 + 100, "x");
    const auto zero = samples_are_zero(image.fd(), "img0");
    ASSERT_TRUE(zero.has_value()) << zero.error().message;
    EXPECT_FALSE(*zero) << part;
  }
}

TEST(Probe, SaysOfAFullDiskWhereItBegins) {
  Image image(200 * kMiB);
  for (std::uint64_t at = 0; at < 200 * kMiB; at += kMiB) {
    image.write(at, std::string(kMiB, 'x'));
  }
  const auto offsets = image.probe().data_offsets_bytes;
  EXPECT_EQ(offsets.size(), kDataOffsetsMax);
  EXPECT_EQ(offsets.front(), 0U);
}

TEST(Probe, FindsDataOfNoKnownFormat) {
  Image image(64 * kMiB);
  image.write(kMiB / 2 - 1, "x").write(63 * kMiB, "y");
  const ProbeResult result = image.probe();
  EXPECT_EQ(found(result), Texts{});
  EXPECT_EQ(result.data_offsets_bytes, (std::vector<std::uint64_t>{kMiB / 2 - 1, 63 * kMiB}));
}

// Zapping a table leaves what stood in its first partition, from 1 MiB on.
TEST(Probe, FindsWhatAPartitionHeldOnceItsTableIsGone) {
  Image image(64 * kMiB);
  image.write(kMiB + 1080, "\x53\xef");
  EXPECT_EQ(image.probe().data_offsets_bytes, std::vector<std::uint64_t>{kMiB + 1080});
}

// A DOS table (one Linux partition at 1 MiB) with a swap area in the partition.
Image dos_disk() {
  Image image(64 * kMiB);
  std::string entry(16, '\0');
  entry[4] = '\x83';
  entry[9] = 8;    // first sector 2048 = 0x0800, little endian at 8
  entry[13] = 16;  // 4096 sectors = 0x1000
  image.write(446, entry).write(510, "\x55\xaa").write(kMiB, swap_page());
  return image;
}

TEST(Probe, ReadsPartitionsThatHaveNoNode) {
  const Image image = dos_disk();
  const ProbeResult result = image.probe();
  EXPECT_EQ(found(result), (Texts{"dos@510", "swap@1052662"}));
  EXPECT_EQ(result.signatures[0].usage, "partition-table");
  EXPECT_EQ(result.signatures[1].device, "img0p1");
  ASSERT_EQ(result.partitions.size(), 1U);
  EXPECT_EQ(result.partitions[0], (Partition{"img0p1", kMiB, 2 * kMiB, "0x83"}));
}

TEST(Probe, SurvivesAPartitionBeyondTheEnd) {
  Image image(64 * kMiB);
  std::string entry(16, '\xff');
  entry[0] = 0;  // not bootable; anything but 0 and 0x80 makes it no table at all
  entry[4] = '\x83';
  image.write(446, entry).write(510, "\x55\xaa");
  EXPECT_EQ(found(image.probe()), Texts{"dos@510"});
}

TEST(Probe, SurvivesTinyDevices) {
  for (const std::uint64_t size : {1U, 511U, 512U, 4096U, 70'000U}) {
    Image image(size);
    image.write(size - 1, "x");
    const auto result = probe(image.fd(), "img0");
    if (result) {
      EXPECT_EQ(result->data_offsets_bytes, std::vector<std::uint64_t>{size - 1});
    }
  }
  const auto result = probe(Image(0).fd(), "img0");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "img0: has no medium");
}

TEST(Probe, SurvivesNoise) {
  std::mt19937 random(20240601);  // the same noise every time
  for (int round = 0; round < 20; ++round) {
    std::string noise(256 << 10, '\0');
    std::ranges::generate(noise, [&random] { return static_cast<char>(random()); });
    Image image(4 * kMiB);
    image.write(0, noise).write(510, "\x55\xaa").write(512, "EFI PART").write(1080, "\x53\xef");
    const ProbeResult result = image.probe();
    EXPECT_FALSE(result.data_offsets_bytes.empty());
    EXPECT_LE(result.signatures.size(), kSignaturesMax);
  }
}

TEST(Probe, FailsOnWhatIsNoDisk) {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(probe(null.get(), "null").error().code, ErrorCode::Io);
}

TEST(ProbeMessage, ComesBackAsItWas) {
  ProbeResult result = dos_disk().probe();
  result.holders = {"dm-0"};
  result.held = true;
  const auto back = from_message(to_message(result));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(*back, result);
}

TEST(Samples, HaveWhereAFirstPartitionBeginsOfSmallDisksToo) {
  for (const std::uint64_t size : {kMiB + kMiB / 2 + 4096, kMiB + kMiB / 2 + 65536, 2 * kMiB}) {
    const Image image(size);
    image.write(kMiB + 512, "x");
    EXPECT_FALSE(samples_are_zero(image.fd(), "img0").value()) << size;
  }
}

TEST(Samples, AreZeroOnlyWhereNothingStands) {
  Image image(64 * kMiB);
  EXPECT_TRUE(samples_are_zero(image.fd(), "img0").value());
  image.write(64 * kMiB - 1, "x");
  EXPECT_FALSE(samples_are_zero(image.fd(), "img0").value());
}

TEST(ProbeMessage, FitsADatagramAtItsLimits) {
  ProbeResult result;
  const std::string text(1000, '\xff');
  result.signatures.resize(kSignaturesMax, {text, text, ~0ULL, ~0U, text, text, text});
  result.partitions.resize(kPartitionsMax,
                           {"nvme10n10p128", ~0ULL, ~0ULL, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"});
  result.holders.resize(kHoldersMax, text);
  EXPECT_LT(to_message(result).ByteSizeLong(), std::size_t{64} << 10);
}

TEST(ProbeMessage, RefusesMoreThanAnAnswerMayHold) {
  v1::ProbeResponse message;
  for (std::size_t count = 0; count <= kSignaturesMax; ++count) message.add_signatures();
  EXPECT_EQ(from_message(message).error().code, ErrorCode::Malformed);
}

}  // namespace
}  // namespace joist::disk
