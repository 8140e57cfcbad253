#include "collectors/scrape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "collectors/collector_list.h"
#include "collectors/fields.h"
#include "tests/support/collector_trees.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

namespace fs = std::filesystem;
using support::roots_of;

const fs::path kServer = fs::path(JOIST_FIXTURE_DIR) / "collectors" / "server";

std::string slurp(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// What the recorded tree decides: not the clock, this kernel's name, this process
// or the file systems mounted here.
Options recorded() { return support::options_of(kServer); }

// The page without how long collecting took.
std::string page_of(const Roots& roots, const Options& options) {
  auto scrape = Scrape::make(roots, options);
  EXPECT_TRUE(scrape.has_value()) << scrape.error().message;
  const std::string first((*scrape)->page());
  std::string kept;
  Lines lines(first);
  for (std::string_view line; lines.next(line);) {
    if (!line.starts_with("node_scrape_collector_duration_seconds{")) {
      kept.append(line).append("\n");
    }
  }
  return kept;
}

TEST(Scrape, ShowsRecordedTreesAsExpected) {
  const auto trees = support::collector_trees();
  EXPECT_FALSE(trees.empty());
  for (const fs::path& tree : trees) {
    const std::string page = page_of(roots_of(tree), support::options_of(tree));
    const fs::path golden = tree / "expected.prom";
    if (std::getenv("JOIST_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << page;
    EXPECT_EQ(page, slurp(golden)) << tree;
  }
}

TEST(Scrape, IsTheSameTheSecondTime) {
  auto scrape = Scrape::make(roots_of(kServer), recorded());
  ASSERT_TRUE(scrape.has_value());
  const auto families = [&] {
    const std::string page((*scrape)->page());
    return page.substr(0, page.find("# HELP node_scrape_collector_duration"));
  };
  const std::string first = families();
  EXPECT_EQ(families(), first);
}

class ChangedTree : public testing::Test {
 protected:
  ChangedTree() { fs::copy(kServer, tree_.path(), fs::copy_options::recursive); }

  void append(std::string_view file, std::string_view text) {
    std::ofstream(tree_.path() / file, std::ios::app | std::ios::binary) << text;
  }
  std::string page() { return page_of(roots_of(tree_.path()), recorded()); }

  support::TempRoot tree_;
};

TEST_F(ChangedTree, AnUnknownLineCostsThatLineOnly) {
  const std::string garbage =
      "\nnonsense\n\xff\xfe\x01 : ::: 1 2 3\nMemFree: 99\nMemFree: 1 2 3 4\ncpu0 1\ncpu1 1 2 3 4\n"
      "8 0 sda 1 2 3 4 5 6 7 8 9 10 11\npgfault 12\npgfault\n  eno1: 1 2\nctxt 12\nctxt x\n";
  for (const char* file : {"proc/stat", "proc/meminfo", "proc/vmstat", "proc/diskstats",
                           "proc/net/dev", "proc/pressure/io", "udev/b8:0"}) {
    append(file, garbage);
  }
  EXPECT_EQ(page(), slurp((kServer / "expected.prom")));
}

TEST_F(ChangedTree, ACollectorThatFailsLosesItsOwnFamiliesOnly) {
  fs::remove(tree_.path() / "proc/pressure/memory");
  fs::remove(tree_.path() / "proc/loadavg");
  fs::create_directory(tree_.path() / "proc/loadavg");  // reading it is an error, not absence
  const std::string page = this->page();
  EXPECT_EQ(page.find("node_load"), std::string::npos);
  EXPECT_EQ(page.find("node_pressure"), std::string::npos) << "half a collector was left";
  EXPECT_NE(page.find("node_scrape_collector_success{collector=\"loadavg\"} 0\n"),
            std::string::npos);
  EXPECT_NE(page.find("node_scrape_collector_success{collector=\"pressure\"} 0\n"),
            std::string::npos);
  EXPECT_NE(page.find("node_scrape_collector_success{collector=\"cpu\"} 1\n"), std::string::npos);
  EXPECT_NE(page.find("node_memory_MemTotal_bytes "), std::string::npos);
}

TEST_F(ChangedTree, DevicesComeAndGo) {
  auto scrape = Scrape::make(roots_of(tree_.path()), recorded());
  ASSERT_TRUE(scrape.has_value());
  const auto has = [&](std::string_view text) {
    return (*scrape)->page().find(text) != std::string_view::npos;
  };
  EXPECT_FALSE(has("device=\"sdz\""));
  append("proc/diskstats", "   8     400 sdz 1 2 3 4 5 6 7 8 9 10 11\n");
  EXPECT_TRUE(has("node_disk_info{device=\"sdz\",major=\"8\",minor=\"400\""));
  EXPECT_TRUE(has("node_disk_io_now{device=\"sda\"} 9\n"));

  // Pulled, and another disk took its name; then none.
  tree_.write("/proc/diskstats", "   8     416 sdz 1 2 3 4 5 6 7 8 9 10 11\n");
  EXPECT_TRUE(has("node_disk_info{device=\"sdz\",major=\"8\",minor=\"416\""));
  EXPECT_FALSE(has("minor=\"400\""));
  EXPECT_FALSE(has("device=\"sda\""));
  tree_.write("/proc/diskstats", "");
  EXPECT_FALSE(has("node_disk_"));
}

TEST_F(ChangedTree, UdevsNewWordIsHeard) {
  auto scrape = Scrape::make(roots_of(tree_.path()), recorded());
  ASSERT_TRUE(scrape.has_value());
  const auto has = [&](std::string_view text) {
    return (*scrape)->page().find(text) != std::string_view::npos;
  };
  EXPECT_TRUE(has("model=\"ST4000NM0035-1V4\""));
  tree_.write("/udev/new", "E:ID_MODEL=Renamed\n");
  fs::rename(tree_.path() / "udev/new", tree_.path() / "udev/b8:0");
  EXPECT_TRUE(has("model=\"Renamed\""));
  EXPECT_FALSE(has("ata_rotation_rate_rpm"));
}

TEST(Scrape, AnEmptyTreeStillAnswers) {
  const support::TempRoot nothing;
  const std::string page = page_of(roots_of(nothing.path()), recorded());
  EXPECT_EQ(page.find("} 1\n"), std::string::npos);
  EXPECT_NE(page.find("node_scrape_collector_success{collector=\"cpu\"} 0\n"), std::string::npos);
}

TEST(Scrape, RefusesWhatItCannotDo) {
  const auto unknown = Scrape::make({}, {.disabled = {"cpus"}});
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::Malformed);
  EXPECT_NE(unknown.error().message.find("\"cpus\""), std::string::npos);
  EXPECT_NE(unknown.error().message.find("loadavg"), std::string::npos);
}

TEST(Scrape, AnEmptyFilterExcludesNothing) {
  Options options = recorded();
  ASSERT_TRUE(options.settings.set("collector.netdev.device-exclude", ""));
  const std::string page = page_of(roots_of(kServer), options);
  EXPECT_NE(page.find("node_network_receive_bytes_total{device=\"lo\"}"), std::string::npos);
}

TEST(Scrape, ShowsThisProcess) {
  auto scrape =
      Scrape::make({}, {.disabled = {collector_names().begin(), collector_names().end()}});
  ASSERT_TRUE(scrape.has_value());
  const std::string page((*scrape)->page());
  for (const char* family : {"process_cpu_seconds_total", "process_max_fds", "process_open_fds",
                             "process_resident_memory_bytes", "process_start_time_seconds",
                             "process_virtual_memory_bytes", "process_virtual_memory_max_bytes"}) {
    EXPECT_NE(page.find("\n" + std::string(family) + " "), std::string::npos) << family;
  }
  EXPECT_EQ(page.find("node_"), std::string::npos);
}

}  // namespace
}  // namespace joist::collectors
