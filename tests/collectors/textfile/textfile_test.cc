#include "collectors/textfile/textfile.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "collectors/scrape.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

namespace fs = std::filesystem;

class Textfile : public testing::Test {
 protected:
  std::string path(std::string_view below) const {
    return root_.path().string() + std::string(below);
  }

  std::string page(TextfileCollector& collector) {
    Exposition page;
    EXPECT_TRUE(collector.collect(page));
    return std::string(page.text());
  }

  support::TempRoot root_;
};

bool has(std::string_view page, std::string_view text) { return page.find(text) != page.npos; }

TEST_F(Textfile, ShowsFilesOfAllItsDirectories) {
  root_.write("/one/a.prom", "a 1\n");
  root_.write("/one/not.txt", "b 1\n");
  root_.write("/two/x/c.prom", "c 1\n");
  TextfileCollector collector({path("/one"), path("/two/*")}, false);
  const std::string text = page(collector);
  EXPECT_TRUE(has(text, "\na 1\n")) << text;
  EXPECT_TRUE(has(text, "\nc 1\n"));
  EXPECT_FALSE(has(text, "b 1"));
  EXPECT_TRUE(has(text, "node_textfile_scrape_error 0\n"));
  EXPECT_TRUE(has(text, "node_textfile_mtime_seconds{file=\"" + path("/one/a.prom") + "\"} "));
}

TEST_F(Textfile, FilesComeChangeAndGo) {
  root_.write("/a.prom", "a 1\n");
  TextfileCollector collector({path("")}, false);
  EXPECT_TRUE(has(page(collector), "\na 1\n"));
  root_.write("/a.prom", "a 2\n");  // the same size, and perhaps within one tick of the clock
  EXPECT_TRUE(has(page(collector), "\na 2\n"));
  root_.write("/new", "a 3\n");
  fs::rename(path("/new"), path("/a.prom"));
  root_.write("/b.prom", "b 1\n");
  EXPECT_TRUE(has(page(collector), "\na 3\n"));
  EXPECT_TRUE(has(page(collector), "\nb 1\n"));
  fs::remove(path("/a.prom"));
  EXPECT_FALSE(has(page(collector), "\na 3\n"));
}

TEST_F(Textfile, ABrokenFileLeavesTheRestAndHasNoTime) {
  root_.write("/a.prom", "a 1\nwrong one\na2 2\n");
  root_.write("/b.prom", "b 1\n");
  fs::create_directory(path("/d.prom"));
  ASSERT_EQ(::mkfifo(path("/f.prom").c_str(), 0600), 0);
  fs::create_symlink("nowhere", path("/l.prom"));
  TextfileCollector collector({path("")}, false);
  for (int i = 0; i < 2; ++i) {
    const std::string text = page(collector);
    EXPECT_TRUE(has(text, "\na 1\n"));
    EXPECT_TRUE(has(text, "\na2 2\n"));
    EXPECT_TRUE(has(text, "\nb 1\n"));
    EXPECT_TRUE(has(text, "node_textfile_scrape_error 1\n"));
    EXPECT_FALSE(has(text, "a.prom\"}"));
    EXPECT_TRUE(has(text, "b.prom\"}"));
  }
}

TEST_F(Textfile, OnlyADirectorySomebodyChoseMustBeThere) {
  TextfileCollector standard({path("/none")}, true);
  EXPECT_TRUE(has(page(standard), "node_textfile_scrape_error 0\n"));
  TextfileCollector chosen({path("/none")}, false);
  EXPECT_TRUE(has(page(chosen), "node_textfile_scrape_error 1\n"));
  root_.write("/none/a.prom", "a 1\n");
  EXPECT_TRUE(has(page(chosen), "\na 1\n"));
  EXPECT_TRUE(has(page(chosen), "node_textfile_scrape_error 0\n"));
  fs::remove_all(path("/none"));
  EXPECT_FALSE(has(page(chosen), "\na 1\n"));
  TextfileCollector none({""}, false);
  EXPECT_TRUE(has(page(none), "node_textfile_scrape_error 0\n"));
}

TEST_F(Textfile, LeavesOutWhatThePageHas) {
  root_.write("/a.prom", "node_load1 9\nmine 1\nnode_textfile_scrape_error 0\n");
  TextfileCollector collector({path("")}, false);
  EXPECT_TRUE(has(page(collector), "\nnode_load1 9\n"));
  ASSERT_NE(collector.foreign_families(), nullptr);
  collector.foreign_families()->leave_out("node_load1");
  const std::string text = page(collector);
  EXPECT_FALSE(has(text, "node_load1"));
  EXPECT_TRUE(has(text, "\nmine 1\n"));
  EXPECT_TRUE(has(text, "node_textfile_scrape_error 1\n"));
  EXPECT_FALSE(has(text, "node_textfile_scrape_error 0\n"));
}

TEST_F(Textfile, ComesLastOnAPageWithoutWhatThePageHas) {
  root_.write("/proc/loadavg", "0.5 0.4 0.3 1/2 3\n");
  root_.write("/t/a.prom",
              "node_load1 9\n# TYPE node_load histogram\nnode_load_count 1\n"
              "node_scrape_collector_success{collector=\"mine\"} 1\njoist_mine 1\nmine 1\n");
  Options options{.enabled = {"loadavg", "textfile"}, .defaults = false};
  ASSERT_TRUE(options.settings.set("collector.textfile.directory", path("/t")));
  auto scrape = Scrape::make({.procfs = path("/proc")}, options);
  ASSERT_TRUE(scrape.has_value());
  for (int i = 0; i < 3; ++i) {
    const std::string text((*scrape)->page());
    EXPECT_TRUE(has(text, "\nnode_load1 0.5\n")) << text;
    EXPECT_FALSE(has(text, "\nnode_load1 9\n"));
    EXPECT_FALSE(has(text, "collector=\"mine\""));
    EXPECT_FALSE(has(text, "joist_mine"));
    EXPECT_TRUE(has(text, "\nnode_load_count 1\n"));
    EXPECT_TRUE(has(text, "\nmine 1\n"));
    EXPECT_TRUE(has(text, "node_textfile_scrape_error 1\n"));
  }
}

TEST_F(Textfile, ShowsAPageOfItsOwnWhatOthersHave) {
  root_.write("/t/a.prom", "node_load1 9\n");
  Options options{.enabled = {"textfile"}, .defaults = false};
  ASSERT_TRUE(options.settings.set("collector.textfile.directory", path("/t")));
  auto scrape = Scrape::make({}, options);
  ASSERT_TRUE(scrape.has_value());
  EXPECT_TRUE(has((*scrape)->page(), "\nnode_load1 9\n"));
}

}  // namespace
}  // namespace joist::collectors
