#include "collectors/cpu/perf.h"

#include <gtest/gtest.h>

#include "collectors/scrape.h"

namespace joist::collectors {
namespace {

TEST(PerfCpus, MayHaveStrides) {
  EXPECT_EQ(parse_perf_cpus("0,2-3,8-16:4"), (std::vector<unsigned>{0, 2, 3, 8, 12, 16}));
  EXPECT_EQ(parse_perf_cpus("1-10:5,6"), (std::vector<unsigned>{1, 6}));
  EXPECT_EQ(parse_perf_cpus(""), std::vector<unsigned>());
  for (const char* text : {"a", "1-", "3-1", "1-4:0", "1-4:", "0-4000000000", "1,,2"}) {
    EXPECT_FALSE(parse_perf_cpus(text)) << text;
  }
}

TEST(Perf, RefusesWhatItDoesNotKnow) {
  for (const auto& [flag, value] : {std::pair{"collector.perf.cpus", "x"},
                                    {"collector.perf.hardware-profilers", "Cycles"},
                                    {"collector.perf.tracepoint", "sched"},
                                    {"collector.perf.tracepoint", "../sched:x"}}) {
    Options options{.enabled = {"perf"}, .defaults = false};
    ASSERT_TRUE(options.settings.set(flag, value));
    const auto made = Scrape::make({}, options);
    ASSERT_FALSE(made.has_value()) << value;
    EXPECT_EQ(made.error().code, ErrorCode::Malformed);
  }
}

// Whoever may not count sees no family, and the page is none the worse for it.
TEST(Perf, CountsWhereItMay) {
  Options options{.enabled = {"perf"}, .defaults = false, .process = false};
  ASSERT_TRUE(options.settings.set("collector.perf.software-profilers", "ContextSwitch"));
  const auto scrape = Scrape::make({}, options);
  ASSERT_TRUE(scrape.has_value());
  const std::string page((*scrape)->page());
  const bool may = page.find("success{collector=\"perf\"} 1\n") != std::string::npos;
  const bool counts = page.find("\nnode_perf_context_switches_total{cpu=\"") != std::string::npos;
  EXPECT_EQ(may, counts) << page;
  EXPECT_EQ(page.find("node_perf_page_faults_total"), std::string::npos);
}

}  // namespace
}  // namespace joist::collectors
