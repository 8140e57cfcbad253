#include "collectors/hardware/hwmon.h"

#include <gtest/gtest.h>

#include "collectors/scrape.h"
#include "tests/support/collector_trees.h"

namespace joist::collectors {
namespace {

struct Parsed {
  const char* name;
  const char* type;
  unsigned number;
  const char* property;
};

TEST(HwmonFile, IsTypeNumberAndProperty) {
  constexpr Parsed kGood[] = {
      {"temp1_input", "temp", 1, "input"},
      {"in0", "in", 0, ""},
      {"pwm2", "pwm", 2, ""},
      {"pwm1_auto_point1_pwm", "pwm", 1, "auto_point1_pwm"},
      {"beep_enable", "beep_enable", 0, ""},
      {"update_interval", "update_interval", 0, ""},
      {"power12_average_interval", "power", 12, "average_interval"},
  };
  for (const auto& [name, type, number, property] : kGood) {
    const auto file = parse_hwmon_file(name);
    ASSERT_TRUE(file) << name;
    EXPECT_EQ(file->type, type);
    EXPECT_EQ(file->number, number);
    EXPECT_EQ(file->property, property);
  }
  for (const char* name : {"", "name", "uevent", "1", "temp1input", "temp1_", "temp_input",
                           "temp99999999999999999999_input", "device", "power"}) {
    const auto file = parse_hwmon_file(name);
    EXPECT_EQ(file.has_value(), std::string_view(name) == "power") << name;
  }
}

TEST(HwmonName, IsCleaned) {
  EXPECT_EQ(clean_hwmon_name("coretemp.0\n"), "coretemp_0");
  EXPECT_EQ(clean_hwmon_name("_CPU Fan #1_\n"), "cpu_fan__1");
  EXPECT_EQ(clean_hwmon_name("0000:03:00.0"), "0000:03:00_0");
  EXPECT_EQ(clean_hwmon_name("caf\xC3\xA9 x"), "caf__x");
  EXPECT_EQ(clean_hwmon_name(" \n"), "");
}

TEST(HwmonFamily, HasTheUnitOfItsType) {
  const auto name = [](std::string_view type, std::string_view property, bool plain = false) {
    return hwmon_family(type, property, plain).name;
  };
  EXPECT_EQ(name("temp", "input"), "node_hwmon_temp_celsius");
  EXPECT_EQ(name("temp", "crit_alarm"), "node_hwmon_temp_crit_alarm_celsius");
  EXPECT_EQ(name("temp", "type"), "node_hwmon_temp_type");
  EXPECT_EQ(name("fan", "input"), "node_hwmon_fan_rpm");
  EXPECT_EQ(name("fan", "input", true), "node_hwmon_fan_input_rpm");
  EXPECT_EQ(name("in", "beep"), "node_hwmon_in_beep_enabled");
  EXPECT_EQ(name("pwm", ""), "node_hwmon_pwm");
  EXPECT_EQ(name("power", "average_interval"), "node_hwmon_power_average_interval_seconds");
  EXPECT_EQ(hwmon_family("energy", "input", false).type, MetricType::Counter);
  EXPECT_EQ(hwmon_family("curr", "input", false).divisor, 1e3);
}

TEST(Hwmon, ShowsChosenChipsAndSensors) {
  const auto tree = std::filesystem::path(JOIST_FIXTURE_DIR) / "collectors" / "hardware";
  Options options{.enabled = {"hwmon"}, .defaults = false};
  ASSERT_TRUE(options.settings.set("collector.hwmon.chip-include", "coretemp"));
  ASSERT_TRUE(options.settings.set("collector.hwmon.sensor-exclude", "_1;temp1$"));
  auto scrape = Scrape::make(support::roots_of(tree), options);
  ASSERT_TRUE(scrape.has_value());
  const std::string page((*scrape)->page());
  const auto has = [&](std::string_view text) { return page.find(text) != page.npos; };
  EXPECT_TRUE(has("node_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 41\n"));
  EXPECT_FALSE(has("chip=\"platform_coretemp_1\",sensor=\"temp1\""));
  EXPECT_TRUE(has("chip=\"platform_coretemp_1\",sensor=\"temp2\""));
  EXPECT_FALSE(has("nct6779"));

  ASSERT_TRUE(options.settings.set("collector.hwmon.chip-exclude", "nct"));
  EXPECT_FALSE(Scrape::make(support::roots_of(tree), options).has_value());
}

}  // namespace
}  // namespace joist::collectors
