// Goal: what smartctl documents is taken as it is, and nothing else is. Method: documents
// made by hand for each kind of disk, and those broken in every way.
#include "disk/smartctl_document.h"

#include <gtest/gtest.h>

#include "base/seqpacket.h"
#include "tests/support/health_document.h"

namespace joist::disk {
namespace {

using support::health_json;
using support::health_report;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(SmartctlDocument, OfAnAtaDisk) {
  const auto report = health_report("ata_ssd");
  EXPECT_EQ(report.device().info_name(), "/dev/sda [SAT]");
  EXPECT_EQ(report.model_name(), "EXAMPLE SSD 4000");
  EXPECT_TRUE(report.has_smart_status());
  EXPECT_TRUE(report.smart_status().passed());
  ASSERT_EQ(report.ata_smart_attributes().table_size(), 6);
  EXPECT_EQ(report.ata_smart_attributes().table(3).name(), "Wear_Leveling_Count");
  EXPECT_EQ(report.ata_smart_attributes().table(3).raw().value(), 177);
  EXPECT_EQ(report.ata_smart_attributes().table(0).flags().string(), "PO--CK");
  EXPECT_EQ(report.ata_sct_erc().write().deciseconds(), 75);
  EXPECT_EQ(report.temperature().op_limit_max(), 60);
  EXPECT_FALSE(report.temperature().has_drive_trip());
}

TEST(SmartctlDocument, OfAnNvmeDiskWhoseCountsPass64Bits) {
  const auto log = health_report("nvme_degraded").nvme_smart_health_information_log();
  EXPECT_EQ(log.critical_warning(), 4U);
  EXPECT_EQ(log.data_units_written(), 36893488147419103232.0);
}

TEST(SmartctlDocument, OfASasDiskThatWritesNumbersAsText) {
  EXPECT_EQ(health_report("sas").scsi_error_counter_log().read().gigabytes_processed(), 162438.759);
}

struct Broken {
  std::string json;
  std::string message;
};

TEST(SmartctlDocument, ThatIsNoneIsRefusedWithAReason) {
  const std::string good = health_json("ata_ssd");
  for (const Broken& broken :
       {Broken{"", "said nothing"}, Broken{" \n", "said nothing"},
        Broken{"Segmentation fault", "is not the JSON"}, Broken{"[]", "is not the JSON"},
        Broken{"{}", "before version 7"},
        Broken{good.substr(0, good.size() / 2), "is not the JSON"},
        Broken{good + good, "is not the JSON"},
        Broken{replaced(good, "\"current\":31", "\"current\":\"warm\""), "temperature"},
        Broken{replaced(good, "\"passed\":true", "\"passed\":[]"), "smart_status"},
        Broken{replaced(good, "\"table\":[", "\"table\":{\"a\":["), "is not the JSON"},
        Broken{std::string(kSmartctlBytesMax + 1, ' ') + good, "more than 262144 bytes"},
        Broken{std::string(100'000, '['), "is not the JSON"},
        Broken{std::string("{\"smartctl\":\0}", 14), "is not the JSON"}}) {
    const auto report = parse_smartctl(broken.json);
    ASSERT_FALSE(report.has_value()) << broken.json.substr(0, 80);
    EXPECT_EQ(report.error().code, ErrorCode::Malformed);
    EXPECT_NE(report.error().message.find(broken.message), std::string::npos)
        << report.error().message;
    EXPECT_LT(report.error().message.size(), 500U);
  }
}

TEST(SmartctlDocument, TextComesOutPrintableAndCut) {
  const std::string json =
      replaced(health_json("ata_ssd"), "EXAMPLE SSD 4000", "\\u001b[31m" + std::string(1000, 'x'));
  const auto report = parse_smartctl(json);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->model_name().substr(0, 8), "\\x1b[31m");
  EXPECT_LE(report->model_name().size(), 90U);
}

TEST(SmartctlDocument, HoweverLongFitsADatagram) {
  std::string statistics;
  std::string attributes;
  for (int entry = 0; entry < 400; ++entry) {
    const std::string name(200, 'n');
    statistics += (entry == 0 ? "" : ",") + std::string("{\"name\":\"") + name +
                  "\",\"value\":1,\"flags\":{\"string\":\"" + name + "\"}}";
    if (entry < 100) attributes += "{\"id\":5,\"name\":\"" + name + "\"},";
  }
  std::string json = replaced(health_json("ata_ssd"), "\"revision\":1,\"table\":[{\"offset\"",
                              "\"revision\":1,\"table\":[" + statistics + ",{\"offset\"");
  json = replaced(json, "\"revision\":16,\"table\":[", "\"revision\":16,\"table\":[" + attributes);
  const auto report = parse_smartctl(json);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_LT(report->ByteSizeLong(), kDatagramBytesMax);
  EXPECT_EQ(report->ata_smart_attributes().table_size(), 64);
  EXPECT_TRUE(report->smart_status().passed());
}

}  // namespace
}  // namespace joist::disk
