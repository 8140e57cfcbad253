#include "collectors/kernel/interrupts.h"

#include <gtest/gtest.h>

#include "collectors/scrape.h"
#include "tests/support/collector_trees.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

TEST(InterruptLine, HasACountForEachCpu) {
  const auto disk = parse_interrupt_line(" 127:  284911   9  PCI-MSI 1-edge   nvme0q1", 2);
  ASSERT_TRUE(disk);
  EXPECT_EQ(disk->name, "127");
  EXPECT_EQ(disk->counts, "  284911   9  ");
  EXPECT_EQ(disk->description, "PCI-MSI 1-edge   nvme0q1");
  // On arm64 nothing need separate the name and the first count.
  const auto ipi = parse_interrupt_line("IPI0:12 3 Rescheduling interrupts", 2);
  ASSERT_TRUE(ipi);
  EXPECT_EQ(ipi->name, "IPI0");
}

TEST(InterruptLine, IsRefusedWhenItCountsForTheWholeHost) {
  for (const char* line : {"", "ERR:          0", "MIS: 0 0", "  1  2  3 x", ": 1 2 x", "NMI"}) {
    EXPECT_FALSE(parse_interrupt_line(line, 2)) << line;
  }
}

TEST(Interrupt, IsNumberedOrNamed) {
  const auto numbered = describe_interrupt("16", "IO-APIC   16-fasteoi   usb1,  smbus");
  EXPECT_EQ(numbered.info, "IO-APIC");
  EXPECT_EQ(numbered.devices, "16-fasteoi usb1, smbus");
  const auto named = describe_interrupt("LOC", "Local timer   interrupts");
  EXPECT_EQ(named.info, "Local timer interrupts");
  EXPECT_EQ(named.devices, "");
}

TEST(InterruptsHead, HasAColumnForEachCpu) {
  EXPECT_EQ(count_cpus("           CPU0       CPU2  "), 2U);
  EXPECT_EQ(count_cpus(""), 0U);
}

class Interrupts : public testing::Test {
 protected:
  std::string page(const Options& options) {
    auto scrape = Scrape::make(support::roots_of(tree_.path()), options);
    EXPECT_TRUE(scrape.has_value());
    return scrape ? std::string((*scrape)->page()) : "";
  }

  support::TempRoot tree_;
  Options options_{.enabled = {"interrupts"}, .defaults = false, .process = false};
};

TEST_F(Interrupts, AreFilteredByNameInfoAndDevices) {
  tree_.write("/proc/interrupts",
              " CPU0\n 5: 7 IO-APIC 5-edge disk\nLOC: 0 Local timer\n 6: 8 IO-APIC 6-edge net\n");
  ASSERT_TRUE(options_.settings.set("collector.interrupts.name-exclude", "^6;IO-APIC;.*net$"));
  ASSERT_TRUE(options_.settings.set("collector.interrupts.include-zeros", "false"));
  const std::string page = this->page(options_);
  EXPECT_NE(page.find("{cpu=\"0\",devices=\"5-edge disk\",info=\"IO-APIC\",type=\"5\"} 7\n"),
            std::string::npos);
  EXPECT_EQ(page.find("type=\"6\""), std::string::npos);
  EXPECT_EQ(page.find("type=\"LOC\""), std::string::npos);
}

TEST_F(Interrupts, FollowACpuThatComesAndADeviceThatChanges) {
  auto scrape = Scrape::make(support::roots_of(tree_.path()), options_);
  ASSERT_TRUE(scrape.has_value());
  tree_.write("/proc/interrupts", " CPU0\n 5: 7 IO-APIC 5-edge disk\n");
  EXPECT_EQ((*scrape)->page().find("cpu=\"1\""), std::string::npos);
  tree_.write("/proc/interrupts", " CPU0 CPU1\n 5: 7 9 IO-APIC 5-edge net\n");
  EXPECT_NE((*scrape)->page().find("{cpu=\"1\",devices=\"5-edge net\""), std::string::npos);
}

}  // namespace
}  // namespace joist::collectors
