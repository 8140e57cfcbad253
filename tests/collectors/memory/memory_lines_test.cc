// The lines of the memory manager's files: good ones, and those that must be refused.
#include <gtest/gtest.h>

#include "collectors/memory/buddyinfo.h"
#include "collectors/memory/meminfo_numa.h"
#include "collectors/memory/slabinfo.h"
#include "collectors/memory/swap.h"
#include "collectors/memory/zoneinfo.h"

namespace joist::collectors {
namespace {

TEST(SwapLine, IsFiveColumns) {
  const auto swap = parse_swap_line("/var/a\\040b file\t\t2097148\t\t1048576\t\t-2");
  ASSERT_TRUE(swap);
  EXPECT_EQ(swap->device, "/var/a\\040b");
  EXPECT_EQ(swap->type, "file");
  EXPECT_EQ(swap->size_kib, 2097148U);
  EXPECT_EQ(swap->used_kib, 1048576U);
  EXPECT_EQ(swap->priority, -2);
  for (const char* line : {"", "Filename Type Size Used Priority", "/dev/a partition 1 2",
                           "/dev/a partition 1 -2 3"}) {
    EXPECT_FALSE(parse_swap_line(line)) << line;
  }
}

TEST(BuddyLine, NamesNodeAndZone) {
  const auto zone = parse_buddyinfo_line("Node 1, zone   Normal    759    572");
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->node, "1");
  EXPECT_EQ(zone->zone, "Normal");
  EXPECT_EQ(zone->head, "Node 1, zone   Normal");
  EXPECT_EQ(zone->counts, "    759    572");
  for (const char* line : {"", "Node", "Node 1 zone Normal 1", "Node x, zone Normal 1",
                           "Node 1, zone", "Node 1, area Normal 1"}) {
    EXPECT_FALSE(parse_buddyinfo_line(line)) << line;
  }
}

TEST(SlabLine, BeginsWithFiveNumbers) {
  const auto slab = parse_slabinfo_line("kmalloc-8192 132 148 8192 4 8 : tunables 0 0 0");
  ASSERT_TRUE(slab);
  EXPECT_EQ(slab->slab, "kmalloc-8192");
  EXPECT_EQ(slab->values, (std::array<std::uint64_t, kSlabColumns>{132, 148, 8192, 4, 8}));
  for (const char* line : {"", "a", "a 1 2 3 4", "a 1 2 3 4 x", "a 1 2 3 4 :"}) {
    EXPECT_FALSE(parse_slabinfo_line(line)) << line;
  }
}

TEST(ZoneHead, NamesNodeAndZone) {
  const auto head = parse_zone_head("Node 0, zone   DMA32");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->node, "0");
  EXPECT_EQ(head->zone, "DMA32");
  for (const char* line : {"", "Node 0,", "Node 0, zone", "Node , zone DMA"}) {
    EXPECT_FALSE(parse_zone_head(line)) << line;
  }
}

TEST(Protection, IsAListOfNumbers) {
  std::vector<std::uint64_t> numbers{9};
  parse_protection("        protection: (0, 3019, 22219)", numbers);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{0, 3019, 22219}));
  parse_protection("protection: (1, x, 2)", numbers);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1}));
  for (const char* line : {"", "protection:", "protection: ()", "protection: ((", "other: (1)"}) {
    parse_protection(line, numbers);
    EXPECT_TRUE(numbers.empty()) << line;
  }
}

TEST(NodeMemory, IsInBytesWhereItHasAUnit) {
  const auto anon = parse_node_meminfo_line("Node 0 Active(anon):    5822240 kB");
  ASSERT_TRUE(anon);
  EXPECT_EQ(anon->field, "Active(anon)");
  EXPECT_EQ(anon->value, 5822240.0 * 1024);
  EXPECT_EQ(parse_node_meminfo_line("Node 0 HugePages_Total:     1")->value, 1);
  for (const char* line : {"", "Node 0", "Node x MemFree: 1 kB", "Node 0 MemFree 1 kB",
                           "Node 0 MemFree: 1 MB", "Node 0 MemFree: x kB", "Node 0 : 1"}) {
    EXPECT_FALSE(parse_node_meminfo_line(line)) << line;
  }
}

TEST(Numastat, IsANameAndANumber) {
  EXPECT_EQ(parse_numastat_line("numa_hit 12")->value, 12);
  for (const char* line : {"", "numa_hit", "numa_hit x"}) EXPECT_FALSE(parse_numastat_line(line));
}

}  // namespace
}  // namespace joist::collectors
