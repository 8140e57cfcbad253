// Goal: the families of smartctl_exporter 0.14, and a page that Prometheus takes.
#include "agent/smart_page.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <sstream>

#include "disk/health_judge.h"
#include "tests/support/health_document.h"

namespace joist::agent {
namespace {

constexpr std::chrono::seconds kRead{1000};
const Moment kNow{.boot = kRead + std::chrono::seconds(1)};
const v1::DiskHealthSpec kSpec;

disk::HealthKnown known_of(const std::string& name, const std::string& document) {
  disk::HealthKnown known;
  known.disk.name = name;
  if (document.empty()) return known;
  known.report = support::health_report(document);
  known.last = disk::HealthHeard{disk::HealthAnswer::Figures, ""};
  known.read.boot = kRead;
  return known;
}

const std::vector<disk::HealthKnown>& four_disks() {
  static const std::vector<disk::HealthKnown> known{
      known_of("nvme0n1", "nvme_degraded"), known_of("sda", "ata_ssd"),
      known_of("sdb", "ata_hdd_failing"), known_of("sdc", "sas"), known_of("vda", "")};
  return known;
}

bool has(std::string_view page, const std::string& line) {
  return ("\n" + std::string(page)).find("\n" + line + "\n") != std::string::npos;
}

TEST(SmartPage, HasWhatTheDisksSaid) {
  SmartPage page;
  const std::string_view text = page.text(four_disks(), 1, kSpec, kNow);
  for (const char* line : {
           "smartctl_devices 4",
           "smartctl_version{build_info=\"(local build)\",json_format_version=\"1.0\","
           "smartctl_version=\"7.3\",svn_revision=\"5338\"} 1",
           "smartctl_device{ata_additional_product_id=\"unknown\",ata_version=\"\","
           "device=\"nvme0n1\",firmware_version=\"EXNV1\",form_factor=\"\",interface=\"nvme\","
           "model_family=\"unknown\",model_name=\"EXAMPLE NVME 2000\",protocol=\"NVMe\","
           "sata_version=\"\",scsi_product=\"\",scsi_revision=\"\",scsi_vendor=\"\","
           "scsi_version=\"\",serial_number=\"NVME0001\"} 1",
           "smartctl_device_smart_status{device=\"sda\"} 1",
           "smartctl_device_smart_status{device=\"sdb\"} 0",
           "smartctl_device_smartctl_exit_status{device=\"sdb\"} 24",
           "smartctl_device_temperature{device=\"sdc\",temperature_type=\"drive_trip\"} 85",
           "smartctl_device_temperature{device=\"sda\",temperature_type=\"current\"} 31",
           "smartctl_device_percentage_used{device=\"nvme0n1\"} 103",
           "smartctl_device_critical_warning{device=\"nvme0n1\"} 4",
           "smartctl_device_bytes_read{device=\"nvme0n1\"} 8.08691712e+12",
           "smartctl_device_power_on_seconds{device=\"sdc\"} 8.051352e+07",
           "smartctl_device_power_cycle_count{device=\"sdc\"} 70",
           "smartctl_device_interface_speed{device=\"sda\",speed_type=\"current\"} 6e+09",
           "smartctl_device_block_size{blocks_type=\"physical\",device=\"sda\"} 4096",
           "smartctl_device_attribute{attribute_flags_long=\"prefailure,updated_online,"
           "event_count,auto_keep\",attribute_flags_short=\"PO--CK\",attribute_id=\"5\","
           "attribute_name=\"Reallocated_Sector_Ct\",attribute_value_type=\"raw\","
           "device=\"sdb\"} 3512",
           "smartctl_device_statistics{device=\"sda\",statistic_flags_long=\"valid\","
           "statistic_flags_short=\"V---\",statistic_name=\"Lifetime Power-On Resets\","
           "statistic_table=\"General Statistics\"} 17",
           "smartctl_device_self_test_log_error_count{device=\"sdb\","
           "self_test_log_type=\"extended\"} 1",
           "smartctl_device_erc_seconds{device=\"sda\",op_type=\"write\"} 7.5",
           "smartctl_scsi_grown_defect_list{device=\"sdc\"} 14",
           "smartctl_read_total_uncorrected_errors{device=\"sdc\"} 1",
       }) {
    EXPECT_TRUE(has(text, line)) << line;
  }
  EXPECT_EQ(text.find("Vendor Specific"), std::string_view::npos);
  EXPECT_EQ(text.find("vda"), std::string_view::npos);
}

TEST(SmartPage, TypesAreTheExporters) {
  SmartPage page;
  const std::string_view text = page.text(four_disks(), 1, kSpec, kNow);
  for (const char* counter :
       {"smartctl_device_power_on_seconds", "smartctl_device_power_cycle_count",
        "smartctl_device_percentage_used", "smartctl_device_available_spare",
        "smartctl_device_available_spare_threshold", "smartctl_device_critical_warning",
        "smartctl_device_media_errors", "smartctl_device_num_err_log_entries",
        "smartctl_device_bytes_read", "smartctl_device_bytes_written"}) {
    EXPECT_TRUE(has(text, "# TYPE " + std::string(counter) + " counter")) << counter;
  }
  for (const char* gauge : {"smartctl_device", "smartctl_device_attribute", "smartctl_version",
                            "smartctl_scsi_grown_defect_list", "smartctl_device_temperature"}) {
    EXPECT_TRUE(has(text, "# TYPE " + std::string(gauge) + " gauge")) << gauge;
  }
}

TEST(SmartPage, NoSeriesComesTwice) {
  auto known = four_disks();
  auto& table = *known[1].report->mutable_ata_smart_attributes()->mutable_table();
  *table.Add() = table[0];
  SmartPage page;
  std::istringstream lines{std::string(page.text(known, 1, kSpec, kNow))};
  std::set<std::string> seen;
  for (std::string text; std::getline(lines, text);) {
    EXPECT_TRUE(seen.insert(text.substr(0, text.rfind(' '))).second || text[0] == '#') << text;
  }
  EXPECT_GT(seen.size(), 100U);
}

TEST(SmartPage, IsRenderedAnewWithTheReadings) {
  SmartPage page;
  auto disks = four_disks();
  const std::string first(page.text(disks, 1, kSpec, kNow));
  disks.front().disk.name = "renamed";
  EXPECT_EQ(page.text(disks, 1, kSpec, kNow), first);
  EXPECT_NE(page.text(disks, 2, kSpec, kNow), first);
  EXPECT_TRUE(page.text({}, 3, kSpec, kNow).empty());
}

TEST(SmartPage, SaysNothingOfADiskThatFellSilent) {
  SmartPage page;
  auto disks = four_disks();
  EXPECT_TRUE(has(page.text(disks, 1, kSpec, kNow), "smartctl_devices 4"));
  const Moment later{.boot = kRead + disk::health_time_to_live(kSpec) + std::chrono::seconds(1)};
  EXPECT_TRUE(page.text(disks, 1, kSpec, later).empty());
  disks[1].last->answer = disk::HealthAnswer::Asleep;
  EXPECT_TRUE(has(page.text(disks, 2, kSpec, later), "smartctl_devices 1"));
}

TEST(SmartPage, LeavesNamesToWhoHasThemAlready) {
  const std::string theirs =
      "# HELP smartctl_device_temperature Theirs.\n# TYPE smartctl_device_temperature gauge\n"
      "smartctl_device_temperature{device=\"sda\"} 1\n";
  std::string text = theirs;
  SmartPage page;
  page.append_to(text, four_disks(), 1, kSpec, kNow);
  EXPECT_EQ(text.find("smartctl_device_temperature", theirs.size()), std::string::npos);
  EXPECT_TRUE(has(text, "smartctl_devices 4"));
}

}  // namespace
}  // namespace joist::agent
