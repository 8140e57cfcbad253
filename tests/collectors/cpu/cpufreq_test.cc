#include "collectors/cpu/cpufreq.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "collectors/scrape.h"
#include "tests/support/collector_trees.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

namespace fs = std::filesystem;

TEST(CpuNumber, FollowsTheName) {
  EXPECT_EQ(cpu_number("cpu17"), "17");
  for (const char* name : {"cpu", "cpufreq", "cpu1x", "node0", ""}) {
    EXPECT_EQ(cpu_number(name), "") << name;
  }
}

class Cpufreq : public testing::Test {
 protected:
  Cpufreq() {
    tree_.write("/sys/devices/system/cpu/offline", "\n");
    for (const char* cpu : {"cpu0", "cpu1"}) {
      fs::create_directories(tree_.path() / "sys/devices/system/cpu" / cpu);
      fs::create_directory_symlink("../cpufreq/policy0",
                                   tree_.path() / "sys/devices/system/cpu" / cpu / "cpufreq");
    }
    policy("scaling_cur_freq", "1200000\n");
    policy("scaling_available_governors", "performance powersave \n");
    policy("scaling_governor", "powersave\n");
  }

  void policy(const std::string& attribute, const char* text) {
    tree_.write("/sys/devices/system/cpu/cpufreq/policy0/" + attribute, text);
  }
  bool shows(std::string_view line) {
    return (*scrape_)->page().find(line) != std::string_view::npos;
  }

  support::TempRoot tree_;
  Result<std::unique_ptr<Scrape>> scrape_ =
      Scrape::make(support::roots_of(tree_.path()),
                   {.enabled = {"cpufreq"}, .defaults = false, .process = false});
};

TEST_F(Cpufreq, IsReadOnceForAllCpusOfAPolicy) {
  for (const char* cpu : {"0", "1"}) {
    EXPECT_TRUE(
        shows("\nnode_cpu_scaling_frequency_hertz{cpu=\"" + std::string(cpu) + "\"} 1.2e+09\n"));
  }
  policy("scaling_cur_freq", "800000\n");
  EXPECT_TRUE(shows("\nnode_cpu_scaling_frequency_hertz{cpu=\"1\"} 8e+08\n"));
}

TEST_F(Cpufreq, FollowsTheGovernor) {
  EXPECT_TRUE(shows("\nnode_cpu_scaling_governor{cpu=\"1\",governor=\"powersave\"} 1\n"));
  policy("scaling_governor", "performance\n");
  EXPECT_TRUE(shows("\nnode_cpu_scaling_governor{cpu=\"1\",governor=\"powersave\"} 0\n"));
  EXPECT_TRUE(shows("\nnode_cpu_scaling_governor{cpu=\"1\",governor=\"performance\"} 1\n"));
}

TEST_F(Cpufreq, ThatIsNoNumberNowIsLeftOut) {
  EXPECT_TRUE(shows("node_cpu_scaling_frequency_hertz{"));
  policy("scaling_cur_freq", "<unknown>\n");
  EXPECT_FALSE(shows("node_cpu_scaling_frequency_hertz{"));
  EXPECT_TRUE(shows("node_scrape_collector_success{collector=\"cpufreq\"} 1\n"));
}

}  // namespace
}  // namespace joist::collectors
