// Goal: every copy of a superblock is found once the first is gone, and told for what it is.
// Method: the formats' own tools make images in plain files, of which the beginnings are then
// zeroed; where no tool is at hand, blocks by hand as the documents have them.
#include "disk/superblock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "disk/probe.h"
#include "tests/disk/blocks.h"
#include "tests/support/disk_image.h"

namespace joist::disk {
namespace {

using support::Image;

// "ext4@134217784 checked": types, places of the magic, confidence.
std::vector<std::string> found(const Image& image) {
  std::vector<std::string> texts;
  for (const Signature& one : image.probe().signatures) {
    std::string text = one.type + "@" + std::to_string(one.offset_bytes);
    if (!one.owner.empty()) {
      text += one.confidence == Confidence::Checked     ? " checked"
              : one.confidence == Confidence::Plausible ? " plausible"
                                                        : " magic";
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Superblocks, OfExtAreInItsGroupsToo) {
  struct Case {
    const char* block;
    const char* first;
    std::uint64_t group_bytes;
    std::uint64_t group1_at;
  };
  for (const auto& [block, first, group_bytes, group1_at] :
       {Case{"1024", "ext4@1080", 8 * kMiB, 8 * kMiB + 1024},
        Case{"2048", "ext4@1080", 32 * kMiB, 32 * kMiB},
        Case{"4096", "ext4@1080", 128 * kMiB, 128 * kMiB}}) {
    SCOPED_TRACE(block);
    const Image image(4 * group_bytes);
    image.make("mke2fs -q -F -t ext4 -L archive -b " + std::string(block) + " $0");
    const auto whole = found(image);
    EXPECT_NE(std::ranges::find(whole, std::string(first) + " checked"), whole.end());
    image.zero(0, 8 * kMiB);
    const auto left = image.probe();
    ASSERT_FALSE(left.signatures.empty());
    EXPECT_EQ(found(image).front(), "ext4@" + std::to_string(group1_at + 56) + " checked");
    EXPECT_EQ(left.signatures.front().label, "archive");
    EXPECT_EQ(left.signatures.front().owner, "ext");
  }
}

TEST(Superblocks, OfExtAreFoundInAPartitionWhoseTableIsGone) {
  const Image image(kGiB);
  image.make("mke2fs -q -F -t ext4 -b 4096 -E offset=1048576 $0 200000");
  image.zero(0, 8 * kMiB);
  EXPECT_EQ(found(image).front(), "ext4@" + std::to_string(129 * kMiB + 56) + " checked");
}

TEST(Superblocks, OfXfsAreInItsGroupsToo) {
  const Image image(600 * kMiB + 4096);
  image.make("mkfs.xfs -q -L archive $0");
  image.zero(0, 8 * kMiB);
  const auto left = found(image);
  ASSERT_EQ(left.size(), 3U);
  for (const auto& one : left) EXPECT_TRUE(one.ends_with(" checked")) << one;
  EXPECT_EQ(image.probe().signatures.front().label, "archive");
}

TEST(Superblocks, OfBtrfsAreAt64MiBToo) {
  const Image image(256 * kMiB);
  image.make("mkfs.btrfs -q -L archive $0");
  const std::string first = "btrfs@65600 checked";
  const std::string second = "btrfs@67108928 checked";
  EXPECT_EQ(found(image), (Texts{first, second}));
  image.zero(0, kMiB);
  EXPECT_EQ(found(image), Texts{second});
  EXPECT_EQ(image.probe().signatures.front().label, "archive");
}

TEST(Superblocks, OfLuks2AreTwo) {
  const Image image(64 * kMiB);
  image.make(
      "printf secret | cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 "
      "--pbkdf-force-iterations 1000 --label archive $0 -");
  EXPECT_EQ(found(image), (Texts{"crypto_LUKS@0 plausible", "crypto_LUKS@16384 plausible"}));
  image.zero(0, 4096);
  EXPECT_EQ(found(image), Texts{"crypto_LUKS@16384 plausible"});
  EXPECT_EQ(image.probe().signatures.front().label, "archive");
}

std::string swap_area(std::size_t page_bytes, std::string_view magic) {
  std::string page(page_bytes, '\0');
  put(page, 1024, 1, 4);
  put(page, 1028, 4095, 4);
  put(page, 1036, "0123456789abcdef");
  put(page, 1052, "sleep");
  put(page, page_bytes - 10, magic);
  return page;
}

// Whoever calls a sleeping system's image plain swap would have it overwritten.
TEST(Superblocks, OfSwapAndHibernationAreAtTheEndOfAPageOfAnySize) {
  for (const std::size_t page_bytes : {4096U, 8192U, 16384U, 32768U, 65536U}) {
    for (const std::string magic :
         {"SWAPSPACE2", "S1SUSPEND", "S2SUSPEND", "ULSUSPEND", "LINHIB0001"}) {
      SCOPED_TRACE(magic + " at the end of " + std::to_string(page_bytes));
      const std::string type = magic == "SWAPSPACE2" ? "swap" : "swsuspend";
      for (const std::uint64_t at : {0 * kMiB, 1 * kMiB}) {  // in a partition whose table is gone
        const Image image(64 * kMiB);
        image.write(at, swap_area(page_bytes, magic));
        EXPECT_EQ(found(image),
                  Texts{type + "@" + std::to_string(at + page_bytes - 10) + " plausible"});
        const auto swap = image.probe();
        ASSERT_FALSE(swap.signatures.empty());
        EXPECT_EQ(swap.signatures.front().label, "sleep");
        EXPECT_EQ(swap.signatures.front().uuid, "30313233-3435-3637-3839-616263646566");
      }
    }
  }
}

TEST(Superblocks, OfGptAreAtBothEndsInSectorsOfBothSizes) {
  for (const std::uint64_t sector_bytes : {512U, 4096U}) {
    SCOPED_TRACE(sector_bytes);
    const Image image(64 * kMiB);
    image.make("printf \"g\\nn\\n\\n\\n\\nw\\n\" | fdisk -b " + std::to_string(sector_bytes) +
               " $0");
    image.zero(0, kMiB);
    EXPECT_EQ(found(image), Texts{"gpt@" + std::to_string(64 * kMiB - sector_bytes) + " checked"});
  }
}

TEST(Superblocks, AProtectiveMbrIsOneWithoutItsTables) {
  const Image image(64 * kMiB);
  image.make("printf \"label: gpt\\n,\\n\" | sfdisk -q $0");
  image.zero(512, kMiB);
  image.zero(63 * kMiB, kMiB);
  EXPECT_EQ(found(image), Texts{"PMBR@510 plausible"});
}

TEST(Superblocks, OfNtfsAreInTheLastSectorToo) {
  const Image image(64 * kMiB);
  image.make("mkntfs -q -F -Q -s 512 -p 0 -H 1 -S 1 $0");
  image.zero(0, 63 * kMiB);
  EXPECT_EQ(found(image), Texts{"ntfs@" + std::to_string(64 * kMiB - 512 + 3) + " plausible"});
}

TEST(Superblocks, OfBlueStoreAreInFivePlacesAndKeepTheirSecret) {
  for (const std::uint64_t at : {0 * kGiB, kGiB, 10 * kGiB, 100 * kGiB, 1000 * kGiB}) {
    SCOPED_TRACE(at);
    const Image image(1001 * kGiB);
    image.write(at, bluestore_label());
    const auto result = image.probe();
    ASSERT_EQ(result.signatures.size(), 1U);
    const Signature& label = result.signatures.front();
    EXPECT_EQ(label.offset_bytes, at);
    EXPECT_EQ(label.owner, "ceph");
    EXPECT_EQ(label.confidence, Confidence::Checked);
    EXPECT_EQ(label.uuid, "11111111-1111-1111-1111-111111111111");
    if (at > 0) {
      EXPECT_EQ(label.label, "main osd.7 of 5f1c1d5e-0000-4000-8000-000000000001");
    }
    EXPECT_EQ(to_message(result).SerializeAsString().find("secret"), std::string::npos);
  }
}

TEST(Superblocks, WhatIsCutOffIsNoMoreThanItsMagic) {
  const Image image(64 * kMiB);
  std::string label = bluestore_label();
  put(label, 62, 0xffffffff, 4);
  image.write(0, label);
  EXPECT_EQ(found(image), Texts{"ceph_bluestore@0 magic"});
}

TEST(Superblocks, OfLonghornsSecondEngineIsFound) {
  const Image image(64 * kMiB);
  image.write(0, spdk_block());
  EXPECT_EQ(found(image), Texts{"spdk_blob@0 checked"});
  EXPECT_EQ(image.probe().signatures.front().owner, "longhorn");
}

TEST(Superblocks, OfZfsAreFour) {
  constexpr std::uint64_t kLabel = 256 * 1024;
  std::string label(kLabel, '\0');
  label.replace(16 * 1024, 12, std::string("\x01\x01\0\0\0\0\0\0\0\0\0\x01", 12));
  put(label, 128 * 1024 + 4096, 0x00bab10c, 8);
  const Image image(64 * kMiB + 1000 * 512);  // the end is rounded down
  const std::uint64_t end = 64 * kMiB + 1000 * 512 / kLabel * kLabel;
  for (const std::uint64_t at : {std::uint64_t{0}, kLabel, end - 2 * kLabel, end - kLabel}) {
    SCOPED_TRACE(at);
    image.write(at, label);
    EXPECT_EQ(found(image),
              Texts{"zfs_member@" + std::to_string(at + 128 * 1024 + 4096) + " plausible"});
    image.zero(at, kLabel);
  }
}

TEST(SuperblockPlaces, LieOnTheDisk) {
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{511}, std::uint64_t{4097}, 3 * kMiB + 7,
        20000 * kGiB + 512, ~std::uint64_t{0} >> 1}) {
    for (const SuperblockPlace& place : superblock_places(size)) {
      EXPECT_LE(place.offset_bytes, size);
      EXPECT_LE(place.length_bytes, size - place.offset_bytes) << size;
      EXPECT_GT(place.length_bytes, 0U);
    }
  }
}

}  // namespace
}  // namespace joist::disk
