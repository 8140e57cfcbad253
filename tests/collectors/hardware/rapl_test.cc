#include "collectors/hardware/rapl.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

TEST(RaplZone, HasANumberInItsNameOrIsCounted) {
  EXPECT_EQ(name_rapl_zone("package-1", {}).name, "package");
  EXPECT_EQ(name_rapl_zone("package-1", {}).index, 1);
  EXPECT_EQ(name_rapl_zone("dram", {{"dram", 2}}).index, 2);
  EXPECT_EQ(name_rapl_zone("package-0-die-1", {}).name, "package-0-die-1");
  EXPECT_EQ(name_rapl_zone("psys-x", {}).name, "psys-x");
}

class Rapl : public testing::Test {
 protected:
  Rapl() {
    zone("intel-rapl:0", "package-0", "240422366267");
    zone("intel-rapl:0:0", "core", "118821284256");
    zone("intel-rapl:1", "package-10", "1000000");
    zone("intel-rapl:1:0", "core", "2500000");
    root_.write("/class/powercap/intel-rapl/enabled", "1\n");
  }
  void zone(const std::string& directory, const std::string& name, const std::string& energy) {
    root_.write("/class/powercap/" + directory + "/name", name + "\n");
    root_.write("/class/powercap/" + directory + "/energy_uj", energy + "\n");
  }
  std::string page(bool zone_label) {
    RaplCollector collector({.sysfs = root_.path()}, zone_label);
    Exposition page;
    EXPECT_TRUE(collector.collect(page));
    return std::string(page.text());
  }
  std::string path(std::string_view zone) const {
    return root_.path().string() + "/class/powercap/" + std::string(zone);
  }

  support::TempRoot root_;
};

TEST_F(Rapl, ShowsAFamilyForEachKindOfZone) {
  EXPECT_EQ(page(false),
            "# HELP node_rapl_package_joules_total Current RAPL package value in joules\n"
            "# TYPE node_rapl_package_joules_total counter\n"
            "node_rapl_package_joules_total{index=\"0\",path=\"" +
                path("intel-rapl:0") +
                "\"} 240422.366267\n"
                "node_rapl_package_joules_total{index=\"10\",path=\"" +
                path("intel-rapl:1") +
                "\"} 1\n"
                "# HELP node_rapl_core_joules_total Current RAPL core value in joules\n"
                "# TYPE node_rapl_core_joules_total counter\n"
                "node_rapl_core_joules_total{index=\"0\",path=\"" +
                path("intel-rapl:0:0") +
                "\"} 118821.284256\n"
                "node_rapl_core_joules_total{index=\"1\",path=\"" +
                path("intel-rapl:1:0") + "\"} 2.5\n");
}

TEST_F(Rapl, ShowsOneFamilyOfAllZonesWhenAsked) {
  const std::string text = page(true);
  EXPECT_NE(text.find("node_rapl_joules_total{index=\"1\",path=\"" + path("intel-rapl:1:0") +
                      "\",rapl_zone=\"core\"} 2.5\n"),
            std::string::npos)
      << text;
}

TEST_F(Rapl, IsNotThereForWhoMayNotReadIt) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  namespace fs = std::filesystem;
  fs::permissions(path("intel-rapl:1") + "/energy_uj", fs::perms::none);
  RaplCollector collector({.sysfs = root_.path()}, false);
  Exposition page;
  const auto collected = collector.collect(page);
  ASSERT_FALSE(collected.has_value());
  EXPECT_EQ(collected.error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace joist::collectors
