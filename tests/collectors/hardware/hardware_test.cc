// What the collectors of hardware read besides numbers, and devices that change.
#include <gtest/gtest.h>

#include "collectors/hardware/drbd.h"
#include "collectors/hardware/edac.h"
#include "collectors/hardware/nvme.h"
#include "collectors/hardware/nvmesubsystem.h"
#include "collectors/scrape.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

TEST(EdacChannel, IsANumberBetweenFixedParts) {
  EXPECT_EQ(parse_edac_channel("ch0_ce_count"), "0");
  EXPECT_EQ(parse_edac_channel("ch12_ce_count"), "12");
  for (const char* name : {"", "ch_ce_count", "ch0_ue_count", "ch0_dimm_label", "ch0", "c"}) {
    EXPECT_FALSE(parse_edac_channel(name)) << name;
  }
}

TEST(EdacDimmLabel, IsSetApart) {
  EXPECT_EQ(edac_dimm_label("CPU_SrcID#0_MC#1_csrow0channel2"), "CPU_SrcID0_MC1__csrow0_channel2");
  EXPECT_EQ(edac_dimm_label(""), "");
}

TEST(NvmePath, EndsInTheNamespace) {
  EXPECT_EQ(parse_nvme_path("nvme0c1n23"), "23");
  for (const char* name : {"", "nvme0", "nvme0n1", "nvme0c1", "nvme0c1n", "nvme0c1n1p1", "xvme"}) {
    EXPECT_FALSE(parse_nvme_path(name)) << name;
  }
}

TEST(NvmeEntry, IsAControllerOrANamespace) {
  EXPECT_EQ(nvme_entry("nvme12"), NvmeEntry::Controller);
  EXPECT_EQ(nvme_entry("nvme0n1"), NvmeEntry::Namespace);
  for (const char* name : {"", "nvme", "nvme0c0n1", "nvme0n", "nvme-subsys0", "power"}) {
    EXPECT_EQ(nvme_entry(name), NvmeEntry::Other) << name;
  }
}

TEST(NvmePathState, IsOneOfThoseShown) {
  EXPECT_EQ(nvme_path_state("live"), "live");
  EXPECT_EQ(nvme_path_state("deleting (no IO)"), "");
  EXPECT_EQ(nvme_path_state("anything"), "unknown");
  EXPECT_EQ(nvme_path_state(""), "unknown");
}

TEST(DrbdWord, HasOneColon) {
  const auto word = parse_drbd_word("ns:17");
  ASSERT_TRUE(word);
  EXPECT_EQ(word->key, "ns");
  EXPECT_EQ(word->value, "17");
  EXPECT_TRUE(parse_drbd_word("0:"));
  EXPECT_FALSE(parse_drbd_word("C"));
  EXPECT_FALSE(parse_drbd_word("(api:1/proto:86-101)"));
}

TEST(AnyBase, ReadsWhatDriversWrite) {
  EXPECT_EQ(parse_any_base("0x10"), 16);
  EXPECT_EQ(parse_any_base("-5"), -5);
  EXPECT_EQ(parse_millionths("1250000"), 1.25);
  EXPECT_EQ(parse_tenths("312"), 31.2);
  for (const char* text : {"", "0x", "many", "1 2", "--1"}) EXPECT_FALSE(parse_any_base(text));
}

class Hardware : public testing::Test {
 protected:
  std::unique_ptr<Scrape> scrape(std::vector<std::string> collectors) {
    Options options{.enabled = std::move(collectors), .defaults = false, .process = false};
    auto made =
        Scrape::make({.procfs = root_.path() / "proc", .sysfs = root_.path() / "sys"}, options);
    EXPECT_TRUE(made.has_value());
    return std::move(*made);
  }

  support::TempRoot root_;
};

bool has(std::string_view page, std::string_view text) { return page.find(text) != page.npos; }

TEST_F(Hardware, TextsThatChangeAreReadAgain) {
  root_.write("/sys/class/power_supply/BAT0/status", "Charging\n");
  root_.write("/sys/class/power_supply/BAT0/capacity", "40\n");
  root_.write("/sys/class/nvme/nvme0/state", "live\n");
  const auto scrape = this->scrape({"nvme", "powersupplyclass"});
  EXPECT_TRUE(
      has(scrape->page(), "node_power_supply_info{power_supply=\"BAT0\",status=\"Charging\"} 1\n"));
  root_.write("/sys/class/power_supply/BAT0/status", "Full\n");
  root_.write("/sys/class/power_supply/BAT0/capacity", "100\n");
  root_.write("/sys/class/nvme/nvme0/state", "dead\n");
  const std::string page(scrape->page());
  EXPECT_TRUE(has(page, "node_power_supply_info{power_supply=\"BAT0\",status=\"Full\"} 1\n"));
  EXPECT_TRUE(has(page, "node_power_supply_capacity{power_supply=\"BAT0\"} 100\n"));
  EXPECT_TRUE(has(page, "state=\"dead\"} 1\n"));
  EXPECT_FALSE(has(page, "Charging"));
}

TEST_F(Hardware, ABadAttributeCostsThatAttribute) {
  root_.write("/sys/class/power_supply/BAT0/capacity", "half\n");
  root_.write("/sys/class/power_supply/BAT0/present", "1\n");
  root_.write("/sys/devices/system/edac/mc/mc0/ce_count", "7\n");
  root_.write("/proc/drbd", " 0: cs:Connected ro:Primary\n ns:x dw:1\n");
  const std::string page(scrape({"drbd", "edac", "powersupplyclass"})->page());
  EXPECT_FALSE(has(page, "capacity{"));
  EXPECT_TRUE(has(page, "node_power_supply_present{power_supply=\"BAT0\"} 1\n"));
  EXPECT_TRUE(has(page, "node_edac_correctable_errors_total{controller=\"0\"} 7\n"));
  EXPECT_FALSE(has(page, "uncorrectable"));
  EXPECT_TRUE(has(page, "node_drbd_disk_written_bytes_total{device=\"drbd0\"} 1024\n"));
  EXPECT_FALSE(has(page, "network_sent"));
  EXPECT_FALSE(has(page, "is_primary"));
}

TEST_F(Hardware, AZoneThatIsOffOrSilentHasNoTemperature) {
  const auto zone = [&](const std::string& number, std::string_view mode) {
    const std::string path = "/sys/class/thermal/thermal_zone" + number;
    root_.write(path + "/type", "acpitz\n");
    root_.write(path + "/policy", "step_wise\n");
    root_.write(path + "/mode", mode);
    if (number != "2") root_.write(path + "/temp", "50500\n");
  };
  zone("0", "enabled\n");
  zone("1", "disabled\n");
  zone("2", "enabled\n");
  const std::string page(scrape({"thermal_zone"})->page());
  EXPECT_TRUE(has(page, "node_thermal_zone_temp{type=\"acpitz\",zone=\"0\"} 50.5\n"));
  EXPECT_FALSE(has(page, "zone=\"1\""));
  EXPECT_FALSE(has(page, "zone=\"2\""));
  EXPECT_TRUE(has(page, "success{collector=\"thermal_zone\"} 1\n"));
}

TEST_F(Hardware, WhatIsNotThereIsNobodysFault) {
  const std::string page(
      scrape({"dmi", "drbd", "edac", "hwmon", "nvme", "thermal_zone", "watchdog"})->page());
  for (const char* none : {"dmi", "drbd", "hwmon", "nvme", "watchdog"}) {
    EXPECT_TRUE(has(page, "success{collector=\"" + std::string(none) + "\"} 0\n")) << none;
  }
  // As node_exporter has it.
  for (const char* empty : {"edac", "thermal_zone"}) {
    EXPECT_TRUE(has(page, "success{collector=\"" + std::string(empty) + "\"} 1\n")) << empty;
  }
}

}  // namespace
}  // namespace joist::collectors
