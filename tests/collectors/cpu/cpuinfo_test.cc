#include "collectors/cpu/cpuinfo.h"

#include <gtest/gtest.h>

#include <string>

namespace joist::collectors {
namespace {

TEST(Cpuinfo, IsABlockForEachCpu) {
  const std::string text =
      "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 106\n"
      "model name\t: Xeon: the CPU\nstepping\t: 6\nmicrocode\t: 0xd\ncache size\t: 49152 KB\n"
      "physical id\t: 1\ncore id\t\t: 7\nflags\t\t: fpu vme\nbugs\t\t: spectre_v1\n"
      "power management:\n\nprocessor\t: 1\n";
  const auto cpus = parse_cpuinfo(text);
  ASSERT_EQ(cpus.size(), 2U);
  EXPECT_EQ(cpus[0].number, "0");
  EXPECT_EQ(cpus[0].vendor, "GenuineIntel");
  EXPECT_EQ(cpus[0].family, "6");
  EXPECT_EQ(cpus[0].model, "106");
  EXPECT_EQ(cpus[0].model_name, "Xeon: the CPU");
  EXPECT_EQ(cpus[0].microcode, "0xd");
  EXPECT_EQ(cpus[0].cache_size, "49152 KB");
  EXPECT_EQ(cpus[0].package, "1");
  EXPECT_EQ(cpus[0].core, "7");
  EXPECT_EQ(cpus[0].flags, "fpu vme");
  EXPECT_EQ(cpus[0].bugs, "spectre_v1");
  EXPECT_EQ(cpus[1].number, "1");
  EXPECT_EQ(cpus[1].vendor, "");
}

TEST(Cpuinfo, OfArmHasFeatures) {
  const auto cpus = parse_cpuinfo("processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\n\n");
  ASSERT_EQ(cpus.size(), 1U);
  EXPECT_EQ(cpus[0].flags, "fp asimd");
}

TEST(Cpuinfo, WithoutANumberIsNone) {
  for (const char* text :
       {"", "processor", "processor\t: x\nmodel\t: 1\n", "model\t: 1\n", ":\n"}) {
    EXPECT_TRUE(parse_cpuinfo(text).empty()) << text;
  }
}

}  // namespace
}  // namespace joist::collectors
