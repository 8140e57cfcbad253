#include "collectors/foreign_families.h"

#include <gtest/gtest.h>

#include <string>

namespace joist::collectors {
namespace {

constexpr std::string_view kPage =
    "# HELP node_load1 1m load average.\n# TYPE node_load1 gauge\nnode_load1 0.5\n"
    "# HELP jobs_count Of another.\n# TYPE jobs_count gauge\njobs_count{a=\"b\"} 1\n";

std::string joined(std::string_view foreign, std::size_t repeated_count) {
  std::vector<std::string_view> scratch;
  std::vector<std::string_view> repeated;
  find_repeated(kPage, foreign, scratch, repeated);
  EXPECT_EQ(repeated.size(), repeated_count);
  std::string page;
  append_foreign(page, foreign, repeated);
  return page;
}

TEST(ForeignFamilies, AreAppendedWhole) {
  const std::string text =
      "# HELP a A.\n# TYPE a gauge\na 1\na{b=\"\\n# HELP \"} 2\n# HELP c C.\n# TYPE c counter\nc "
      "1\n";
  EXPECT_EQ(joined(text, 0), text);
  EXPECT_EQ(joined("", 0), "");
}

TEST(ForeignFamilies, LoseThoseThatThePageHas) {
  EXPECT_EQ(joined("# HELP a A.\n# TYPE a gauge\na 1\n"
                   "# HELP node_load1 Mine.\n# TYPE node_load1 counter\nnode_load1 9\n"
                   "# HELP z Z.\n# TYPE z gauge\nz 1\n",
                   1),
            "# HELP a A.\n# TYPE a gauge\na 1\n# HELP z Z.\n# TYPE z gauge\nz 1\n");
}

TEST(ForeignFamilies, LoseThoseWhosePartsThePageHas) {
  EXPECT_EQ(joined("# HELP jobs J.\n# TYPE jobs summary\njobs_sum 1\njobs_count 2\n", 1), "");
}

}  // namespace
}  // namespace joist::collectors
