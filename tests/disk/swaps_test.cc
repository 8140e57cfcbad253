#include "disk/swaps.h"

#include <gtest/gtest.h>

namespace joist::disk {
namespace {

constexpr const char* kHeader = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

TEST(ParseSwaps, ReadsPartitionsAndFiles) {
  const auto swaps =
      parse_swaps(std::string(kHeader) +
                  "/dev/dm-1                               partition\t8388604\t0\t-2\n"
                  "/swap\\040file                            file\t\t1048572\t0\t-3\n");
  ASSERT_TRUE(swaps.has_value()) << swaps.error().message;
  ASSERT_EQ(swaps->size(), 2U);
  EXPECT_EQ(swaps->at(0).path, "/dev/dm-1");
  EXPECT_FALSE(swaps->at(0).file);
  EXPECT_EQ(swaps->at(1).path, "/swap file");
  EXPECT_TRUE(swaps->at(1).file);
}

TEST(ParseSwaps, IsEmptyWithoutSwap) {
  EXPECT_TRUE(parse_swaps(kHeader)->empty());
  EXPECT_TRUE(parse_swaps("")->empty());
}

TEST(ParseSwaps, NamesTheLineItDoesNotUnderstand) {
  for (const std::string bad : {"/dev/sda1", "dev partition 1 0 -2", "/dev/sda1 network 1 0 -2"}) {
    SCOPED_TRACE(bad);
    const auto swaps = parse_swaps(kHeader + bad);
    ASSERT_FALSE(swaps.has_value());
    EXPECT_EQ(swaps.error().message.find("line 2: "), 0U) << swaps.error().message;
  }
}

}  // namespace
}  // namespace joist::disk
